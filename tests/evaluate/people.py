"""Invents Dutch persons with the mistakes that registers and questions have; the same seed gives the same persons.

    python3 tests/evaluate/people.py DIR [--half dev|test] [--seed N] [--register 50000] [--questions 6000]

Writes DIR/HALF-register.csv and DIR/HALF-questions.csv in the layout of a register, with a column `persoon` that says who
it is. The two halves are two populations. Weights are set once, from general knowledge, and not from any register; first
names and common surnames come from the provider nl_NL of Faker (MIT). What is done to a question stands in MISTAKES.
"""

import argparse
import csv
import random
from pathlib import Path

from faker.providers.person.nl_NL import Provider as Dutch

SEEDS = {"dev": 20260101, "test": 77001}
# Of 1,000 persons: where the family's names come from.
ORIGINS = {"dutch": 740, "turkish": 70, "arabic": 90, "slavic": 40, "other": 60}
# Share of questions to which each happens; several may. In this order.
MISTAKES = {
    "surname_typo": 0.07, "given_typo": 0.07, "surname_by_ear": 0.09, "given_by_ear": 0.06, "everyday_name": 0.22,
    "initials": 0.07, "given_missing": 0.03, "given_other": 0.015, "second_name": 0.015, "further_names_left_out": 0.5, "exchanged": 0.012,
    "partner": 0.03, "double_name": 0.05, "surname_other": 0.012, "prefix_lost": 0.12, "plain_letters": 0.7, "year_only": 0.07, "month_only": 0.02,
    "no_date": 0.02, "day_month": 0.012, "digit": 0.025, "other_day": 0.008,
}
# Share of persons from abroad whose register says 1 January for an unknown day, and of all rows with a slip of their own.
NEW_YEAR, ROW_TYPO = 0.12, 0.03
# Of 1,000 births: twins. Questions about persons who are not there.
TWINS, ABSENT = 0.016, 0.3

TURKISH = "Yılmaz Kaya Demir Çelik Şahin Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt Özkan Şimşek Polat Korkmaz Çakır Erdoğan Güneş Aksoy Bulut Keskin Ünal Gül Tekin Taş Bozkurt Işık Acar Yavuz Karataş Avcı Turan Güler Ateş Sarı Uçar Bayram Özer Duman Güven Sönmez Ekinci Karaca".split()
TURKISH_M = "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil Süleyman Abdullah Mahmut Recep Salih Fatih Kadir Emre Hakan Adem Kemal Yaşar Bekir Musa Metin Bayram Serkan Orhan Burak Ümit Onur Cem Can Deniz Enes Furkan".split()
TURKISH_F = "Fatma Ayşe Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Hanife Merve Havva Zeliha Esra Özlem Yasemin Hacer Melek Gülsüm Derya Büşra Leyla Sevim Songül Hülya Sibel Gamze Ebru Aysel".split()
ARABIC = ["El Idrissi", "Bennani", "El Amrani", "Alaoui", "El Khattabi", "Bouazza", "Ben Ali", "Chaoui", "El Haddad", "Benhaddou", "Aït Ouakrim", "El Morabit", "Boujemaa", "Zerouali", "El Yaakoubi", "Azzouz", "Belkacem", "Saidi", "Mansouri", "El Mokhtari", "Rachidi", "Ouali", "Hajji", "Bouzid", "El Ghazi", "Khalil", "Hamdaoui", "El Bakkali", "Lahlou", "Tahiri", "Amrani", "Bakkali", "Haddou", "Al Hassan", "Al Jabouri", "Al Masri", "Shehadeh", "Darwish", "Khatib", "Hussein", "Mohamed", "Ahmed", "Abdi", "Warsame", "Osman", "Abdullahi", "Yusuf", "Mahmoud", "Ibrahim", "Saleh"]
ARABIC_M = "Mohamed Ahmed Youssef Rachid Hassan Said Mustapha Khalid Omar Abdelkader Abdellah Karim Hamza Bilal Ayoub Anouar Soufian Ismail Ilias Yassine Zakaria Noureddine Jamal Driss Brahim Hicham Nabil Samir Tarik Walid Mourad Abdelaziz Mounir Redouan Hussein Ali Mahmoud Abdulrahman Abdirahman Osman Idris Khaled Faisal Marwan Adil".split()
ARABIC_F = "Fatima Khadija Aicha Malika Naima Rachida Latifa Samira Karima Zohra Hanane Nadia Mina Saida Hafida Loubna Ikram Siham Yasmina Salma Imane Fatiha Houda Zineb Mariam Amina Leila Sara Jamila Hanan Asha Halima".split()
SLAVIC = "Ivanov Petrov Smirnov Kuznetsov Popov Volkov Sokolov Novikov Morozov Shevchenko Kovalenko Bondarenko Tkachenko Kravchenko Kowalski Nowak Wiśniewski Wójcik Kamiński Lewandowski Zieliński Szymański Dąbrowski Horvat Jovanović Petrović Nikolić Marković Đorđević Dimitrov Georgiev Zhukov Chernenko Yushchenko".split()
SLAVIC_M = "Aleksandr Sergej Dmitri Andrej Aleksej Vladimir Nikolaj Mikhail Yuri Yevgeni Igor Oleg Ivan Piotr Tomasz Krzysztof Marcin Marek Jan Stefan Nikola Milan Dragan".split()
SLAVIC_F = "Jelena Natalja Olga Svetlana Tatjana Irina Anna Maria Ljoedmila Oksana Joelia Katarzyna Agnieszka Magdalena Ewa Monika Ivana Milica Snežana".split()
OTHER = "Nguyen Tran Le Pham Chen Wang Li Zhang Singh Kaur Ramdin Ramautar Jairam Bissessar Pinas Tjon Sedney Wijngaarde Martina Maduro Croes Janga Silva Santos Ferreira Gomes Garcia Fernandez Rodriguez Rossi Schmidt Müller Weber Schneider Dubois Lefèvre Smith Johnson Williams Okafor Mensah Owusu Tesfaye Gebremariam Khan Hussain".split()
OTHER_M = "Daniel Michael David Kevin Jason Rishi Vishal Sanjay Carlos Juan José Marco Luca Thomas John James Kwame Samuel Tekle Minh Wei".split()
OTHER_F = "Maria Ana Sandra Priya Anita Shanti Carmen Rosa Julia Grace Linda Mei Thi Selam Esther Ruth Chantal".split()
DUTCH_M = [("Johannes", 15), ("Jan", 14), ("Cornelis", 9), ("Hendrik", 9), ("Willem", 8), ("Pieter", 7), ("Petrus", 5), ("Jacobus", 6), ("Gerrit", 5), ("Antonius", 5), ("Adrianus", 4), ("Johan", 4), ("Franciscus", 4), ("Gerardus", 4), ("Dirk", 4), ("Theodorus", 3), ("Martinus", 3), ("Wilhelmus", 3), ("Nicolaas", 3), ("Jozef", 1), ("Hendrikus", 3), ("Lambertus", 1), ("Leonardus", 2)]
DUTCH_F = [("Maria", 16), ("Johanna", 12), ("Anna", 9), ("Cornelia", 7), ("Elisabeth", 6), ("Hendrika", 4), ("Wilhelmina", 5), ("Catharina", 5), ("Margaretha", 4), ("Adriana", 4), ("Jacoba", 3), ("Geertruida", 3), ("Petronella", 3), ("Antonia", 2), ("Theresia", 2), ("Christina", 2), ("Alida", 2), ("Susanna", 1)]
EVERYDAY = {"Johannes": "Jan Hans Johan Joop Jo", "Cornelis": "Kees Cor", "Hendrik": "Henk Rik", "Hendrikus": "Henk", "Willem": "Wim", "Wilhelmus": "Wim Willem", "Pieter": "Piet Peter", "Petrus": "Piet Peter", "Jacobus": "Jaap Koos Ko", "Gerrit": "Gert", "Gerardus": "Gerard", "Antonius": "Ton Toon Anton", "Adrianus": "Arie Adri Ad", "Franciscus": "Frans Frank", "Theodorus": "Theo", "Martinus": "Martin Tinus", "Nicolaas": "Klaas Nico", "Lambertus": "Bert", "Leonardus": "Leo", "Dirk": "Dick", "Maria": "Marie Mieke Ria Marijke", "Johanna": "Hanna Joke Annie", "Anna": "Annie Anneke", "Cornelia": "Corrie Nel", "Elisabeth": "Els Lies Betty", "Hendrika": "Rika Hennie", "Wilhelmina": "Willy Mien", "Catharina": "Trijntje Toos Ina", "Margaretha": "Greet Margriet", "Adriana": "Adrie Jaantje", "Jacoba": "Coba", "Geertruida": "Truus", "Petronella": "Nel", "Antonia": "Tonny", "Theresia": "Thea Trees", "Christina": "Stien", "Alida": "Ali", "Susanna": "Suus", "Aleksandr": "Sasja", "Mohamed": "Mo Moh", "Mustafa": "Mussi"}
PREFIXES = [("", 62), ("van", 10), ("de", 12), ("van der", 5), ("van den", 4), ("van de", 3), ("ter", 1), ("ten", 1), ("den", 1), ("te", 1)]
BEGIN = "Hoog Laag Oud Nieuw Groot Klein Wester Ooster Zuider Noorder Zwart Wit Rood Groen Blauw Kerk Molen Berg Veld Bos Dijk Water Meer Linden Eiken Beuken Stein Zand Klei Heide Vree Snel Lange Korte Vos Wolf Haas Leeuw Arend Schaap Ros Boter Kaas Brood Gras Haver Koren Zee Schel Rijn Maas Ijssel Duin Brug Poort Slot Burg Konings Prins".split()
END = "huis kamp veld man mans stra ma sma inga sen horst broek dam berg hof meijer boer laar loo wijk hout brink geest beek stein water mond zand kerk dijk oord enk wold weerd ing".split()


def weighted(rng, pairs):
    names, weights = zip(*pairs)
    return rng.choices(names, weights)[0]


class Population:
    def __init__(self, rng):
        self.rng, self.count = rng, 0
        common = list(dict.fromkeys(Dutch.last_names))
        rng.shuffle(common)
        tail = sorted({a + b for a in BEGIN for b in END})
        rng.shuffle(tail)
        self.surnames = common + tail
        self.zipf = [1 / (rank + 12) for rank in range(len(self.surnames))]
        self.people = []

    def given(self, origin, female, year):
        rng = self.rng
        if origin == "dutch":
            modern = Dutch.first_names_female if female else Dutch.first_names_male
            old = 0.85 if year < 1955 else 0.45 if year < 1980 else 0.18
            pick = lambda: weighted(rng, DUTCH_F if female else DUTCH_M) if rng.random() < old else rng.choice(modern)
            return list(dict.fromkeys(pick() for _ in range(rng.choices([1, 2, 3], [45, 40, 15])[0])))
        lists = {"turkish": (TURKISH_M, TURKISH_F), "arabic": (ARABIC_M, ARABIC_F), "slavic": (SLAVIC_M, SLAVIC_F), "other": (OTHER_M, OTHER_F)}
        names = lists[origin][female]
        return [names[min(int(rng.expovariate(3.2 / len(names))), len(names) - 1)] for _ in range(1 if rng.random() < 0.8 else 2)]

    def surname(self, origin):
        rng = self.rng
        if origin == "dutch":
            name = rng.choices(self.surnames, self.zipf)[0]
            words = name.split(" ")
            at = next((i for i, w in enumerate(words) if w[0].isupper()), 0)
            prefix = " ".join(words[:at]) or weighted(rng, PREFIXES)
            return prefix, " ".join(words[at:])
        names = {"turkish": TURKISH, "arabic": ARABIC, "slavic": SLAVIC, "other": OTHER}[origin]
        return "", names[min(int(rng.expovariate(2.5 / len(names))), len(names) - 1)]

    def person(self, origin, prefix, surname, year, day=None, given=None, female=None):
        rng = self.rng
        female = rng.random() < 0.5 if female is None else female
        if day is None:
            day = (rng.randint(1, 12), rng.randint(1, 28 if rng.random() < 0.9 else 30))
            if day[0] == 2 and day[1] > 28:
                day = (2, 28)
            if origin != "dutch" and rng.random() < NEW_YEAR:
                day = (1, 1)
        self.count += 1
        who = {"id": self.count, "origin": origin, "female": female, "prefix": prefix, "surname": surname, "given": given or self.given(origin, female, year), "birth": (year, *day), "partner": None}
        self.people.append(who)
        return who

    def family(self):
        rng = self.rng
        origin = weighted(rng, list(ORIGINS.items()))
        prefix, surname = self.surname(origin)
        year = rng.randint(1935, 1990)
        father = self.person(origin, prefix, surname, year, female=False)
        if rng.random() < 0.6:
            mother = self.person(origin, *self.surname(origin), year + rng.randint(-6, 8), female=True)
            mother["partner"] = (prefix, surname)
        for _ in range(rng.choices([0, 1, 2, 3, 4], [30, 20, 30, 14, 6])[0]):
            born = min(year + rng.randint(20, 40), 2012)
            # Named after the father, as in life.
            named = list(father["given"]) if rng.random() < 0.04 else None
            child = self.person(origin, prefix, surname, born, given=named, female=False if named else None)
            if rng.random() < TWINS:
                self.person(origin, prefix, surname, born, day=child["birth"][1:])


def typo(rng, name):
    letters = list(name)
    if len(letters) < 3:
        return name
    at = rng.randrange(1, len(letters))
    kind = rng.random()
    if kind < 0.3:
        del letters[at]
    elif kind < 0.55:
        letters.insert(at, rng.choice("aeioutnrsl"))
    elif kind < 0.8:
        letters[at] = rng.choice("abcdefghijklmnoprstuvw")
    else:
        letters[at - 1], letters[at] = letters[at], letters[at - 1]
    return "".join(letters)


BY_EAR = [("ij", "y"), ("ch", "g"), ("c", "k"), ("z", "s"), ("ph", "f"), ("ei", "ij"), ("ou", "au"), ("dt", "t"), ("ck", "k"), ("v", "f"), ("y", "ij"), ("k", "ck"), ("s", "z"), ("oo", "o"), ("aa", "a"), ("ee", "e"), ("tt", "t"), ("ss", "s"), ("nn", "n"), ("ll", "l")]
ABROAD = [("ou", "oe"), ("oe", "u"), ("kh", "ch"), ("ch", "sh"), ("sh", "sj"), ("y", "j"), ("j", "dj"), ("ş", "sj"), ("ç", "tsj"), ("ü", "u"), ("ğ", "g"), ("ı", "i"), ("ö", "oe"), ("ss", "s"), ("mm", "m"), ("u", "oe"), ("ai", "ay"), ("ei", "ey"), ("zh", "zj"), ("q", "k"), ("dd", "d"), ("ks", "x"), ("ov", "off"), ("ski", "sky"), ("ć", "c"), ("w", "v"), ("gh", "g")]


def by_ear(rng, name, origin):
    low = name.lower()
    rules = [(a, b) for a, b in (BY_EAR if origin == "dutch" else ABROAD) if a in low]
    if not rules:
        return typo(rng, name)
    a, b = rng.choice(rules)
    at = low.index(a)
    spelled = low[:at] + b + low[at + len(a):]
    return spelled[:1].upper() + spelled[1:]


def plain(name):
    import unicodedata
    return "".join(c for c in unicodedata.normalize("NFKD", name.replace("ı", "i").replace("Đ", "D").replace("đ", "d").replace("ł", "l")) if not unicodedata.combining(c))


def written(birth):
    year, month, day = birth
    return f"{year:04}" + (f"-{month:02}" if month else "") + (f"-{day:02}" if day else "")


def row(who, number, rng):
    given, surname = list(who["given"]), who["surname"]
    if rng.random() < ROW_TYPO:
        surname = typo(rng, surname)
    return {"id": f"r{number}", "voornamen": " ".join(given), "voorvoegsel": who["prefix"], "geslachtsnaam": surname, "geboortedatum": written(who["birth"]), "persoon": who["id"]}


def question(who, number, rng, others):
    does = {name: rng.random() < share for name, share in MISTAKES.items()}
    given, prefix, surname, (year, month, day) = list(who["given"]), who["prefix"], who["surname"], who["birth"]
    if does["further_names_left_out"]:
        given = given[:1]
    if does["everyday_name"] and given[0] in EVERYDAY:
        given = [rng.choice(EVERYDAY[given[0]].split())]
    if does["second_name"] and len(who["given"]) > 1:
        given = who["given"][1:2]
    if does["given_other"]:
        given = [rng.choice(others)["given"][0]]
    if does["given_by_ear"]:
        given[0] = by_ear(rng, given[0], who["origin"])
    if does["given_typo"]:
        given[0] = typo(rng, given[0])
    if does["initials"]:
        given = [name[0] + "." for name in given]
    if does["surname_by_ear"]:
        surname = by_ear(rng, surname, who["origin"])
    if does["surname_typo"]:
        surname = typo(rng, surname)
    if who["partner"] and rng.random() < 0.25:
        prefix, surname = (who["partner"][0], f"{who['partner'][1]}-{surname}")
    elif who["partner"] and does["partner"]:
        prefix, surname = who["partner"]
    elif does["double_name"]:
        surname = f"{surname}-{rng.choice(others)['surname']}"
    elif does["surname_other"]:
        surname = rng.choice(others)["surname"]
    if does["prefix_lost"] and prefix:
        surname, prefix = (f"{prefix} {surname}" if rng.random() < 0.5 else surname), ""
    if does["plain_letters"]:
        given, surname = [plain(name) for name in given], plain(surname)
    if does["given_missing"]:
        given = []
    if does["exchanged"] and given:
        given, surname = [surname], " ".join(given)
    if does["digit"] and day:
        digits = list(f"{year:04}{month:02}{day:02}")
        for _ in range(20):
            tried = digits.copy()
            tried[rng.choice([3, 3, 2, 5, 7, 7, 6])] = rng.choice("0123456789")
            y, m, d = int("".join(tried[:4])), int("".join(tried[4:6])), int("".join(tried[6:]))
            if tried != digits and 1 <= m <= 12 and 1 <= d <= 28 and y <= 2020:
                year, month, day = y, m, d
                break
    if does["day_month"] and 0 < day <= 12:
        month, day = day, month
    if does["other_day"] and day:
        day = rng.randint(1, 28)
    if does["month_only"]:
        day = 0
    if does["year_only"]:
        month = day = 0
    birth = "" if does["no_date"] else written((year, month, day))
    return {"id": f"q{number}", "voornamen": " ".join(given), "voorvoegsel": prefix, "geslachtsnaam": surname or ".", "geboortedatum": birth, "persoon": who["id"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dir", type=Path)
    parser.add_argument("--half", choices=SEEDS, default="dev")
    parser.add_argument("--seed", type=int, help="another population than the half's own")
    parser.add_argument("--register", type=int, default=50_000)
    parser.add_argument("--questions", type=int, default=6_000)
    args = parser.parse_args()
    rng = random.Random(SEEDS[args.half] if args.seed is None else args.seed)
    population = Population(rng)
    wanted = int(args.register + args.questions * ABSENT) + 2_000
    while len(population.people) < wanted:
        population.family()
    people = population.people
    # Who is left out is left out at random: relatives and twins of theirs stay.
    order = rng.sample(range(len(people)), len(people))
    there, absent = order[: args.register], order[args.register :]
    asked = rng.sample(there, int(args.questions * (1 - ABSENT))) + rng.sample(absent, int(args.questions * ABSENT))
    rng.shuffle(asked)
    columns = ["id", "voornamen", "voorvoegsel", "geslachtsnaam", "geboortedatum", "persoon"]
    args.dir.mkdir(parents=True, exist_ok=True)
    for what, rows in [
        ("register", (row(people[at], n, rng) for n, at in enumerate(sorted(there)))),
        ("questions", (question(people[at], n, rng, people) for n, at in enumerate(asked))),
    ]:
        with open(args.dir / f"{args.half}-{what}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
