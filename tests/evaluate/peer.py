"""Splink on the same files, trained on the same register, with comparison levels of its own: what it finds per threshold.

    python tests/evaluate/peer.py REGISTER.csv QUESTIONS.csv --truth COLUMN

Name comparisons take term frequencies; parameters come from random pairs (u) and expectation maximisation (m), without
the truth. Columns: given_name and surname (folded to ASCII, first given name apart), birth date.
"""
import argparse
import csv
import json
import logging
import unicodedata

import pandas as pd
import splink.comparison_library as cl
import splink.comparison_level_library as cll
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

logging.disable(logging.CRITICAL)
PRECISIONS = [0.999, 0.995, 0.98]


def plain(text):
    text = text.replace("ı", "i").replace("đ", "d").replace("Đ", "D").replace("ł", "l")
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower().strip()


def entity(value):
    if value.endswith("-org"):
        return value[:-4]
    head, mark, tail = value.rpartition("-dup-")
    return head if mark and tail.isdigit() else value


def read(path, truth):
    rows = []
    with open(path, newline="", encoding="utf-8") as file:
        for n, row in enumerate(csv.DictReader(file, skipinitialspace=True)):
            given = plain(row.get("voornamen") or row.get("given_name") or "")
            surname = plain(row.get("geslachtsnaam") or row.get("surname") or "")
            date = (row.get("geboortedatum") or row.get("date_of_birth") or "").strip()
            if len(date) == 8 and "-" not in date:
                date = f"{date[:4]}-{date[4:6]}-{date[6:]}"
            words = given.replace(".", " ").split()
            rows.append({
                "unique_id": n, "first": words[0] if words else None, "second": words[1] if len(words) > 1 else None,
                "surname": None if surname in ("", ".") else surname,
                "dob": date if len(date) == 10 else None, "year": date[:4] or None, "month": date[5:7] or None,
                "truth": entity(row[truth].strip()),
            })
    return pd.DataFrame(rows)


def levels(name, thresholds):
    return cl.CustomComparison(
        output_column_name=name,
        comparison_levels=[
            cll.NullLevel(name),
            cll.ExactMatchLevel(name, term_frequency_adjustments=True),
            *[cll.JaroWinklerLevel(name, t) for t in thresholds],
            *([cll.CustomLevel(f"substr({name}_l,1,1) = substr({name}_r,1,1) and least(length({name}_l),length({name}_r)) = 1", "initial")] if name == "first" else []),
            cll.ElseLevel(),
        ],
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("register")
    parser.add_argument("questions")
    parser.add_argument("--truth", required=True)
    args = parser.parse_args()
    register, questions = read(args.register, args.truth), read(args.questions, args.truth)
    dob = cl.CustomComparison(
        output_column_name="dob",
        comparison_levels=[
            cll.CustomLevel("year_l is null or year_r is null", "no date").configure(is_null_level=True),
            cll.CustomLevel("dob_l = dob_r", "day"),
            cll.CustomLevel("(dob_l is null or dob_r is null) and year_l = year_r and (month_l is null or month_r is null or month_l = '' or month_r = '' or month_l = month_r)", "part"),
            cll.CustomLevel("damerau_levenshtein(dob_l, dob_r) <= 1", "digit"),
            cll.CustomLevel("year_l = year_r", "year"),
            cll.ElseLevel(),
        ],
    )
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[levels("first", [0.92, 0.85]), levels("surname", [0.95, 0.88, 0.8]), dob],
        blocking_rules_to_generate_predictions=[
            block_on("dob"), block_on("surname", "year"), block_on("first", "surname"), block_on("first", "year", "substr(surname,1,1)"), block_on("first", "substr(dob,6,5)"),
        ],
        additional_columns_to_retain=["truth", "year", "month"],
    )
    linker = Linker([questions, register], settings, DuckDBAPI(), input_table_aliases=["q", "r"])
    known = questions["truth"].isin(set(register["truth"])).mean()
    linker.training.estimate_probability_two_random_records_match([block_on("first", "surname", "dob")], recall=0.5)
    linker.training.estimate_u_using_random_sampling(max_pairs=3e6, seed=1)
    for rule in (block_on("dob"), block_on("first", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_weight=-10).as_pandas_dataframe()
    found["true"] = found["truth_l"] == found["truth_r"]
    pairs = int(questions["truth"].map(register["truth"].value_counts()).fillna(0).sum())
    absent = set(questions.loc[~questions["truth"].isin(set(register["truth"])), "unique_id"])
    found = found.sort_values("match_weight", ascending=False)
    found["yes"] = found["true"].cumsum()
    found["all"] = range(1, len(found) + 1)
    print(f"splink 4: {len(register)} rows, {len(questions)} questions, {pairs} true pairs, {known:.3f} of the questions known")
    for p in (0.99, 0.9, 0.5):
        above = found[found["match_probability"] >= p]
        yes = int(above["true"].sum())
        side = "unique_id_l" if (above["source_dataset_l"] == "q").all() else "unique_id_r"
        wrong = absent & set(above.loc[~above["true"], side])
        print(f"probability >= {p}: precision {yes / max(len(above), 1):.4f} recall {yes / pairs:.4f}; absent: {1000 * len(wrong) / max(len(absent), 1):.1f} of 1,000 shown somebody")
    for p in PRECISIONS:
        held = found[found["yes"] / found["all"] >= p]
        print(f"recall at precision >= {p}: {(int(held['yes'].max()) / pairs if len(held) else 0):.4f}")
    print(json.dumps({"best": {str(p): (int(h["yes"].max()) / pairs if len(h := found[found["yes"] / found["all"] >= p]) else 0) for p in PRECISIONS}}))


if __name__ == "__main__":
    main()
