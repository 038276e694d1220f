"""Checks what `weegnet demo --once --json` says: demo.py FILE."""

import json
import sys


def demand(holds, what):
    if not holds:
        sys.exit(f"demo: {what}")


def main(file: str) -> None:
    with open(file, encoding="utf-8") as text:
        said = json.load(text)
    demand(len(said["organisations"]) == 5, f"{len(said['organisations'])} organisations where there are five")
    demand(said["uitvragen"], "nobody asked anything")
    outcomes = [answer["outcome"] for answer in said["uitvragen"][0]["answers"]]
    demand(set(outcomes) <= {"Known", "NoStatement"}, f"there are other outcomes than the two: {outcomes}")
    demand(outcomes.count("Known") == 2, f"two organisations know the person, answered was {outcomes}")
    for uitvraag in said["uitvragen"]:
        for answer in uitvraag["answers"]:
            known = answer["outcome"] == "Known"
            demand(bool(answer.get("contact")) == known, f"a contact belongs to Known, and only to that: {answer}")
    demand(said["denied"], "the convenant forbade nothing")
    for denial in said["denied"]:
        demand(denial["policy_ids"] and denial["explanation"], f"a denial names no policy or no reason: {denial}")
    demand(said["unapproved_refused"], "a question without approval was not refused")
    demand(said["strangers_refused"], "no stranger was turned away")
    demand(len(said["journals"]) == 5, f"{len(said['journals'])} journals where there are five")
    for journal in said["journals"]:
        demand(journal["verified"] is True, f"the journal of {journal['oin']} does not verify")
        demand(journal["entries"] > 0 and journal["root"], f"the journal of {journal['oin']} is empty")
    print(f"demo: {len(outcomes)} answers, {len(said['journals'])} journals verified")


if __name__ == "__main__":
    main(sys.argv[1])
