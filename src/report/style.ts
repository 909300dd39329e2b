/** The page's own style: no font, picture or script of elsewhere. Bars differ by outline and pattern too, not by colour alone. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --paper: #fff; --card: #f6f8fa; --line: #d0d7de; --grid: #e3e7ec;
  --bar: #4c78a8; --chain: #b3460f; --wait: #8a6d00; --good: #1a7f37; --bad: #b42318; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9aa4af; --paper: #0d1117; --card: #161b22; --line: #343b44; --grid: #262c34;
    --bar: #7aa7d6; --chain: #f0915a; --wait: #d9b84a; --good: #56d364; --bad: #ff7b72; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.25rem 1rem 3rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem; } h3 { font-size: 1.05rem; margin: 0; }
h4 { font-size: .9rem; margin: 1rem 0 .25rem; color: var(--dim); font-weight: 600; }
p { margin: .4rem 0; } .dim { color: var(--dim); } small { font-size: .85em; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem 1rem; margin: .8rem 0; }
.head { display: flex; flex-wrap: wrap; gap: .15rem .8rem; align-items: baseline; margin-bottom: .5rem; }
.head .state { margin-left: auto; font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
.warn { border-left: 4px solid var(--bad); padding: .3rem .7rem; margin: .5rem 0; background: var(--card); }
ol.rows { list-style: none; margin: 0; padding: 0; }
.rows li { display: grid; grid-template-columns: 13rem 1fr 9rem; column-gap: .9rem; align-items: center; padding: .14rem 0; }
.rows .what { grid-column: 1; } .rows .track { grid-column: 2; } .rows .when { grid-column: 3; }
.rows .note { grid-column: 1 / -1; color: var(--dim); font-size: .85em; }
.rows li.wait { padding: .3rem 0; } .rows li.wait .what { grid-column: 1 / -1; }
.what b { font-weight: 600; } .what small { color: var(--dim); }
.when { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } .when small { color: var(--dim); display: inline-block; min-width: 4.2em; }
.track { position: relative; display: block; height: 1.05rem; min-width: 0; border-left: 1px solid var(--line); border-right: 1px solid var(--line); }
.track i { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--grid); }
.track b { position: absolute; top: .12rem; bottom: .12rem; min-width: 3px; border: 1px solid var(--bar); background: var(--bar); border-radius: 2px; }
.track b.chain { border: 2px solid var(--chain); background: var(--chain); top: .02rem; bottom: .02rem; }
.track b.wait { border: 1px solid var(--wait); background: repeating-linear-gradient(45deg, var(--wait) 0 2px, transparent 2px 6px); }
.track b.moment { border: 0; border-radius: 0; width: 3px; min-width: 0; margin-left: -1px; background: var(--ink); top: 0; bottom: 0; }
.axis .track { height: 1.2rem; border-color: transparent; font-size: .75rem; color: var(--dim); }
.axis .track span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.axis .track span:first-child { transform: none; } .axis .track span.end { transform: translateX(-100%); }
table { max-width: 100%; border-collapse: collapse; overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .9rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } thead th { color: var(--dim); font-weight: 600; }
th small { font-weight: normal; color: var(--dim); margin-left: .5em; }
td.number, th.number { text-align: right; white-space: nowrap; }
footer { margin-top: 2.5rem; color: var(--dim); font-size: .85rem; }
@media (max-width: 640px) {
  .rows li { grid-template-columns: 1fr auto; row-gap: .05rem; padding: .28rem 0; }
  .rows .when { grid-column: 2; grid-row: 1; } .rows .track { grid-column: 1 / -1; grid-row: 2; }
  .rows li.wait .what { grid-column: 1; } .rows li.wait .when { align-self: start; }
  .rows li.axis { padding: 0; } .axis .what, .axis .when { display: none; }
  th small { display: block; margin-left: 0; }
  .head .state { margin-left: 0; width: 100%; }
}
@media print { .card { break-inside: avoid; } }
`;
