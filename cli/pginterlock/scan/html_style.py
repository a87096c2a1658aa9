"""How a write map looks as HTML: on light and on dark screens, and on paper.

Pure: data only.
"""

STYLE = """
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #5b6675; --line: #dfe3e9;
  --good: #1f8a5b; --fair: #b7791f; --bad: #c2363b; --plain: #8a94a3; --code: #eef1f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181f; --card: #1c222c; --ink: #e4e8ee; --soft: #9aa5b5; --line: #2e3744;
    --good: #4cc38a; --fair: #e0a84a; --bad: #ef6f73; --plain: #7c8798; --code: #262e3a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; background: var(--ground);
  color: var(--ink); font: 15px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
}
h1 { font-size: 1.6rem; margin: 0 0 1.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 0 0 .75rem; overflow-wrap: anywhere; }
h3 { font-size: .95rem; margin: 1.25rem 0 .5rem; color: var(--soft); overflow-wrap: anywhere; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.1rem 1.25rem; margin: 1rem 0;
}
summary { cursor: pointer; } summary h2 { display: inline; }
code, pre { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
p code, li code, td code { background: var(--code); border-radius: 4px; padding: .1em .35em; }
td, li, dd { overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; }
.tile {
  background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem;
}
.tile b { display: block; font-size: 1.7rem; line-height: 1.2; }
.tile span { color: var(--soft); }
.tile.bad b { color: var(--bad); } .tile.fair b { color: var(--fair); }
.bar { display: flex; gap: 2px; height: .7rem; min-width: 6rem; margin: .2rem 0; }
header .bar { margin: 1rem 0 .4rem; height: .9rem; }
.bar i, .legend i { border-radius: 3px; }
i.good { background: var(--good); } i.fair { background: var(--fair); }
i.bad { background: var(--bad); } i.plain { background: var(--plain); }
i.unknown { opacity: .55; }
.legend { margin: 0; color: var(--soft); font-size: .85rem; }
.legend span { margin-right: 1rem; white-space: nowrap; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem .4rem 0; }
th { color: var(--soft); font-weight: 600; font-size: .85rem; }
tr + tr td, thead + tbody td { border-top: 1px solid var(--line); }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.total td { font-weight: 700; border-top: 2px solid var(--soft); }
article { border-left: 3px solid var(--line); padding: .1rem 0 .1rem .9rem; margin: 1rem 0; }
article .where { margin: 0 0 .3rem; }
article pre {
  margin: 0 0 .4rem; padding: .5rem .7rem; background: var(--code); border-radius: 6px;
  overflow-x: auto;
}
em {
  font-style: normal; font-size: .78rem; margin-left: .5rem; padding: .1rem .5rem;
  border-radius: 99px; border: 1px solid currentColor; white-space: nowrap;
}
em.good { color: var(--good); } em.fair { color: var(--fair); }
em.bad { color: var(--bad); } em.plain { color: var(--soft); }
dl { display: grid; grid-template-columns: 6.5rem 1fr; gap: .1rem .6rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; }
@media (min-width: 48rem) { td:not(.number) { min-width: 6.5rem; } }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .35rem; } }
@media print { body { background: none; } section { break-inside: avoid; } }
"""
