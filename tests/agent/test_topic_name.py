"""Long names are cut in the middle, in cells of a terminal, and no two topics of a table look alike."""

from __future__ import annotations

import io

from finetune_coverage.agent.views.topic_name import TopicName, shown_name
from finetune_coverage.tools.text.middle_cut import cut_middle
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

NAMES = st.text(st.characters(exclude_categories=["C", "M", "Z"]), max_size=60)


@given(NAMES, st.integers(1, 40))
def test_a_cut_name_has_both_ends_and_fits(name: str, cells: int) -> None:
    cut = cut_middle(name, cells)
    assert cell_len(cut) <= cells
    if cell_len(name) <= cells:
        assert cut == name
    elif "…" not in name:
        head, tail = cut.split("…")
        assert name.startswith(head) and name.endswith(tail)
        assert cell_len(cut) >= cells - 2, "a wide character more would not fit"


def test_names_in_cells() -> None:
    assert cut_middle("card_payment_wrong_exchange_rate", 25) == "card_payment…xchange_rate"
    assert cut_middle("アカウント管理とパスワードの再設定", 10) == "アカ…設定"
    assert cut_middle("Modifier l'abonnement payé", 8) == "Modi…ayé"
    assert cut_middle("xxxxxxxxxe\u0301", 4) == "xx…e\u0301", "a letter keeps its accent"
    assert shown_name("balance_not_updated_after_bank_transfer", 21) == "balance_no…k_transfer"
    assert shown_name("short\nname \x1b[31m", 30) == "short name \\x1b[31m"


def drawn(names: list[str], width: int) -> list[str]:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(no_wrap=True)
    for name in names:
        table.add_row(TopicName(name, names), "12")
    file = io.StringIO()
    Console(file=file, width=width).print(table)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_a_name_that_would_look_like_another_is_shown_whole() -> None:
    names = ["card_payment_has_wrong_rate", "card_payment_was_wrong_rate", "card_payment_for_exchange"]
    assert drawn(names, 60)[0].split() == [names[0], "12"]
    lines = drawn(names, 22)
    assert [line.split()[0] for line in lines] == [
        *("card_payment_has_w", "rong_rate"),
        *("card_payment_was_w", "rong_rate"),
        "card_paym…exchange",
    ]
