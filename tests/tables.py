"""Loads the tables of a folder with pandas, with the types that their dictionaries tell, and checks them.

    python tests/tables.py DIR

Every table that is there is checked: metrics.csv and metrics.parquet by dictionary.csv, redcap.csv by redcap_dictionary.csv.
Prints one line a table; ends with status 1 at the first that is not as its dictionary says.
"""

import sys
from pathlib import Path

import pandas as pd

# What pandas calls the types of dictionary.csv.
TYPES = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "bool"}
# Texts that may be empty although every row has them: a report that is alone, all of the skin, a pure number.
MAY_BE_EMPTY = {"pair", "region", "unit"}


def check(holds, what):
    if not holds:
        sys.exit(f"tables: {what}")


def tidy(folder):
    dictionary = pd.read_csv(folder / "dictionary.csv", keep_default_na=False)
    columns = dictionary[dictionary["kind"] == "column"].set_index("name")
    types = {name: TYPES[kind] for name, kind in columns["type"].items()}
    text = [name for name, kind in types.items() if kind == "string"]
    tables = {}
    if (folder / "metrics.csv").exists():
        # An empty text is none, but "NA" may be a name.
        table = pd.read_csv(folder / "metrics.csv", dtype=types, keep_default_na=False, na_values=[""])
        tables["metrics.csv"] = table
    if (folder / "metrics.parquet").exists():
        tables["metrics.parquet"] = pd.read_parquet(folder / "metrics.parquet", dtype_backend="numpy_nullable")
    metrics = dictionary[dictionary["kind"] == "metric"]
    known = set(zip(metrics["measure"], metrics["name"]))
    units = {(row.measure, row.name_): row.unit for row in metrics.rename(columns={"name": "name_"}).itertuples()}
    for name, table in tables.items():
        check(list(table.columns) == list(columns.index), f"{name}: columns {list(table.columns)}")
        check(len(table) > 0, f"{name}: no rows")
        for column, kind in types.items():
            found = str(table[column].dtype).lower().replace("int32", "int64").replace("boolean", "bool")
            check(found == kind.lower(), f"{name}: {column} is {found}, expected {kind}")
        for column in columns.index[columns["needed"].isin([True, "true"])].difference(MAY_BE_EMPTY):
            check(table[column].notna().all(), f"{name}: {column} is missing in a row")
        found = set(zip(table["measure"], table["metric"]))
        check(found <= known, f"{name}: {found - known} is not in the dictionary")
        for row in table[["measure", "metric", "unit"]].itertuples():
            unit = "" if pd.isna(row.unit) else row.unit
            check(unit == units[row.measure, row.metric], f"{name}: {row.metric} in {unit!r}")
        # What has a change has both values, and the change is theirs in sign and size.
        changed = table[table["change"].notna()]
        check(changed["before"].notna().all() and changed["after"].notna().all(), f"{name}: a change of nothing")
        check((changed["low"].isna() | (changed["low"] <= changed["high"])).all(), f"{name}: an interval upside down")
        unmeasured = table[table["verdict"] == "not_measurable"]
        check(unmeasured["reason"].notna().all(), f"{name}: not measurable, and no reason")
        check(not any(table[column].str.match(r"[=@\t\r]").fillna(False).any() for column in text), f"{name}: a formula")
        print(f"{name}: {len(table)} rows, {table['pair'].nunique(dropna=False)} pairs")
    if len(tables) == 2:
        a, b = tables["metrics.csv"], tables["metrics.parquet"]
        for column in columns.index:
            left, right = a[column].astype("object"), b[column].astype("object")
            same = (left == right) | (left.isna() & (right.isna() | (right == "")))
            check(same.all(), f"{column}: CSV and Parquet differ")


def redcap(folder):
    dictionary = pd.read_csv(folder / "redcap_dictionary.csv", dtype="string", keep_default_na=False)
    check(len(dictionary.columns) == 18, f"redcap_dictionary.csv: {len(dictionary.columns)} columns, expected 18")
    name, kind, validation = dictionary.columns[0], "Field Type", "Text Validation Type OR Show Slider Number"
    names = dictionary[name]
    check(names.is_unique and names.str.fullmatch(r"[a-z][a-z0-9_]{0,25}").all(), "redcap_dictionary.csv: names")
    types, choices = {}, {}
    for field in dictionary.itertuples(index=False):
        field = dict(zip(dictionary.columns, field))
        types[field[name]] = {"integer": "Int64", "number": "float64"}.get(field[validation], "string")
        if field[kind] == "dropdown":
            listed = field["Choices, Calculations, OR Slider Labels"].split(" | ")
            choices[field[name]] = {choice.split(", ")[0] for choice in listed}
    own = {"redcap_repeat_instrument": "string", "redcap_repeat_instance": "Int64", "dermetric_complete": "Int64"}
    table = pd.read_csv(folder / "redcap.csv", dtype={**types, **own}, keep_default_na=False, na_values=[""])
    check(set(table.columns) == set(types) | set(own), f"redcap.csv: {set(table.columns) ^ set(types) ^ set(own)}")
    for column in ["record_id", *own]:
        check(table[column].notna().all(), f"redcap.csv: {column} is missing in a row")
    key = ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    check(not table.duplicated(key).any(), "redcap.csv: an instance twice")
    for column, allowed in choices.items():
        check(set(table[column].dropna()) <= allowed, f"redcap.csv: {column} is none of its choices")
    check(table.filter(regex="_chg$").notna().any(axis=None), "redcap.csv: no change at all")
    print(f"redcap.csv: {len(table)} instances of {table['record_id'].nunique()} records, {len(types)} fields")


def main():
    folder = Path(sys.argv[1])
    found = [check_table for file, check_table in [("dictionary.csv", tidy), ("redcap.csv", redcap)] if (folder / file).exists()]
    check(found, f"{folder}: no table")
    for check_table in found:
        check_table(folder)


if __name__ == "__main__":
    main()
