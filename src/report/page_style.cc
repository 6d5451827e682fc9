#include "report/page_assets.h"

namespace strop {

// Each colour is said once for light and dark; the button sets color-scheme on the root. --s1 to --s8 keep apart for
// the colour-blind in both.
const char* const kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: light-dark(#fbfbf9, #131417); --panel: light-dark(#ffffff, #1a1c20);
  --ink: light-dark(#1d1f23, #e7e6e2); --soft: light-dark(#5f646c, #a3a7ae); --line: light-dark(#e5e4df, #2c2f35);
  --good: light-dark(#1a7a4c, #5cc492); --bad: light-dark(#b93a21, #f0836b);
  --s1: light-dark(#2f5bd0, #84a7ff); --s2: light-dark(#d2691e, #f0a35e); --s3: light-dark(#0d8577, #4fc7b5);
  --s4: light-dark(#9b3f97, #d68ed2); --s5: light-dark(#8a6d00, #d9bf55); --s6: light-dark(#4a7a1e, #9ccb6a);
  --s7: light-dark(#b8325f, #f28cab); --s8: light-dark(#50607a, #a9b8d0);
  --ice: light-dark(#d5dce6, #394354);
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 4rem; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.55;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif; }
.top { position: sticky; top: 0; z-index: 2; border-bottom: 1px solid var(--line);
  background: color-mix(in srgb, var(--paper) 88%, transparent); backdrop-filter: blur(8px); }
.top div { display: flex; align-items: center; gap: 1.1rem; max-width: 70rem; margin: auto; padding: .6rem 1.25rem; }
.top b { letter-spacing: -.01em; }
.top nav { display: flex; gap: 1.1rem; overflow: hidden; flex: 1; font-size: .86rem; white-space: nowrap; }
.top nav a { color: var(--soft); text-decoration: none; }
.top nav a:hover { color: var(--ink); }
button { font: inherit; font-size: .82rem; color: var(--soft); background: var(--panel); cursor: pointer;
  border: 1px solid var(--line); border-radius: 6px; padding: .2rem .7rem; }
button:hover { color: var(--ink); border-color: var(--soft); }
main { max-width: 70rem; margin: auto; padding: 2.6rem 1.25rem 5rem; }
.headline { max-width: 46rem; }
.over { margin: 0; color: var(--soft); font-size: .9rem; font-family: var(--mono); }
h1 { margin: .25rem 0 .9rem; font-size: clamp(1.8rem, 5vw, 2.7rem); line-height: 1.12; letter-spacing: -.025em;
  font-weight: 680; text-wrap: balance; }
h2 { margin: 0 0 1rem; font-size: 1.25rem; letter-spacing: -.012em; font-weight: 650; }
h3 { margin: 1.8rem 0 .6rem; font-size: .95rem; font-weight: 620; }
p, ul { margin: .6rem 0; max-width: 46rem; }
.lead { font-size: 1.1rem; line-height: 1.6; }
.lead b { font-weight: 620; }
.soft { color: var(--soft); font-size: .88rem; font-weight: 400; }
.good { color: var(--good); } .bad { color: var(--bad); }
.note { margin: 1.2rem 0 0; padding: .8rem 1.1rem; border: 1px solid var(--line); border-left: 3px solid var(--s2);
  border-radius: 6px; background: var(--panel); font-size: .92rem; }
.note ul { margin: .3rem 0 0; padding-left: 1.1rem; }
section { margin-top: 3rem; padding-top: 1.6rem; border-top: 1px solid var(--line); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 14.2rem), 1fr)); gap: .8rem; }
.card { padding: .85rem 1rem .9rem; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); }
.card span, .card small { display: block; color: var(--soft); font-size: .82rem; line-height: 1.4; }
.card strong { display: block; margin: .1rem 0; font-size: 1.65rem; font-weight: 640; letter-spacing: -.02em;
  line-height: 1.25; font-variant-numeric: tabular-nums; }
.scroll { overflow: auto; max-height: 36rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--panel); }
table { border-collapse: collapse; width: max-content; min-width: 100%; font-size: .89rem; font-variant-numeric: tabular-nums; }
th, td { padding: .48rem .9rem; text-align: start; vertical-align: middle; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: var(--panel); color: var(--soft); font-weight: 520; font-size: .8rem;
  white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
td { max-width: 22rem; overflow-wrap: anywhere; min-width: 3.2rem; }
.n { text-align: end; white-space: nowrap; }
code, pre { font-family: var(--mono); font-size: .86em; }
pre { margin: 0; padding: .9rem 1.1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 10px;
  background: var(--panel); line-height: 1.5; }
p code { overflow-wrap: anywhere; }
details { margin-top: 1.2rem; }
summary { cursor: pointer; font-size: .92rem; color: var(--soft); }
summary:hover { color: var(--ink); }
details > pre { margin-top: .7rem; max-height: 32rem; }
details.run { border-top: 1px solid var(--line); padding-top: 1.2rem; margin-top: 2rem; }
details.run > summary { font-size: 1.15rem; font-weight: 620; color: var(--ink); }
details.run section { margin-top: 2rem; }
.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .35rem 1.4rem; margin: .4rem 0;
  font-size: .92rem; }
.facts dt { color: var(--soft); overflow-wrap: anywhere; }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1rem;
  }
.chart { margin: 0; padding: .9rem 1rem .6rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--panel); min-width: 0; }
.charts + p { margin-top: 1.2rem; }
p + .scroll { margin-top: 1rem; }
.charts > :only-child { max-width: 36rem; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem 1rem; font-size: .9rem; }
figcaption b { font-weight: 620; }
.legend { display: inline-flex; flex-wrap: wrap; gap: 0 .9rem; font-size: .82rem; color: var(--soft); }
.legend i { display: inline-block; width: .8rem; height: .22rem; margin-inline-end: .4rem; border-radius: 2px;
  vertical-align: middle; background: var(--c, var(--soft)); }
.legend .faint i { opacity: .4; }
.legend i.dash { height: 0; border-radius: 0; border-top: 2px dashed var(--soft); background: none; }
p.legend { display: flex; }
p.legend i, td .legend i { width: .7rem; height: .7rem; margin-top: -.1rem; }
.s1 { --c: var(--s1); } .s2 { --c: var(--s2); } .s3 { --c: var(--s3); } .s4 { --c: var(--s4); }
.s5 { --c: var(--s5); } .s6 { --c: var(--s6); } .s7 { --c: var(--s7); } .s8 { --c: var(--s8); }
.ice { --c: var(--ice); }
svg { display: block; width: 100%; height: auto; margin-top: .4rem; overflow: visible; }
svg text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid path { stroke: var(--line); }
text.x { text-anchor: middle; } text.y { text-anchor: end; } text.axis { font-style: italic; }
.plot { position: relative; touch-action: pan-y; }
.plot g > path { fill: none; stroke: var(--c); stroke-width: 1.9; stroke-linejoin: round; stroke-linecap: round; }
.plot .grid path { stroke: var(--line); stroke-width: 1; }
.plot .faint path { stroke-width: 1.1; opacity: .35; }
.plot circle { fill: var(--panel); stroke: var(--c); stroke-width: 2; }
.mark { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 4; opacity: .7; }
.cursor { stroke: var(--soft); stroke-width: 1; visibility: hidden; }
.tip { position: absolute; top: .4rem; padding: .35rem .6rem; white-space: pre; pointer-events: none;
  font-size: .8rem; line-height: 1.45; font-variant-numeric: tabular-nums; border: 1px solid var(--line);
  border-radius: 6px; background: var(--panel); box-shadow: 0 3px 14px rgb(0 0 0 / .14); }
.cell rect, .bar rect { fill: var(--s1); }
.cell.wrong rect { fill: var(--s2); }
.cell text { text-anchor: middle; fill: var(--ink); }
.cell text.on { fill: var(--paper); font-weight: 600; }
.bar i { display: block; background: var(--c); }
div.bar { display: flex; gap: 1px; width: 11rem; max-width: 34vw; height: .62rem; border-radius: 3px;
  overflow: hidden; }
.meter { display: inline-block; width: 4.5rem; height: .4rem; margin-inline-end: .7rem; border-radius: 3px;
  vertical-align: middle; background: var(--line); overflow: hidden; }
.meter i { display: block; height: 100%; background: var(--s1); }
.chip { display: inline-block; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 99px; font-size: .8rem;
  line-height: 1.5; color: var(--ink); background: var(--paper); overflow-wrap: anywhere; }
.chip.bad { color: var(--bad); border-color: currentColor; }
.chip.trained { color: var(--s1); border-color: currentColor; }
.chip.partly { color: var(--s1); } .chip.frozen { color: var(--soft); }
.mistakes { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; gap: .7rem; }
.mistakes li { padding: .75rem 1rem .85rem; border: 1px solid var(--line); border-radius: 10px;
  background: var(--panel); }
.mistakes.pictures { grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
.thumb { display: block; max-width: 100%; height: auto; border-radius: 6px; }
.mistakes .thumb { margin-bottom: .5rem; }
.file { margin: .3rem 0 0; font-size: .8rem; color: var(--soft); overflow-wrap: anywhere; }
.gallery { display: flex; gap: .4rem; overflow-x: auto; margin: .5rem 0; }
.gallery .thumb { flex: none; }
.verdict { margin: 0; max-width: none; font-size: .88rem; }
blockquote { margin: .45rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 14rem; overflow: auto; }
blockquote + blockquote { padding-top: .45rem; border-top: 1px dashed var(--line); }
.blocks { display: flex; gap: 3px; height: 3.4rem; max-width: 46rem; }
.blocks div { flex: 1; display: flex; align-items: flex-end; border-radius: 4px; overflow: hidden;
  background: var(--ice); }
.blocks i { display: block; width: 100%; background: var(--s1); }
.command { position: relative; }
.command button { position: absolute; top: .55rem; inset-inline-end: .6rem; }
.command pre { padding-inline-end: 5.5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 4rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 40rem) {
  .top nav { display: none; } .top div { justify-content: space-between; padding-inline: 1rem; }
  main { padding: 1.6rem 1rem 3rem; }
  .cards { grid-template-columns: 1fr 1fr; gap: .6rem; } .card { padding: .7rem .8rem; }
  .card strong { font-size: 1.35rem; }
  .chart { padding: .75rem .6rem .5rem; }
  .plot svg text, .chart svg text { font-size: 16px; }
  th, td { padding: .42rem .65rem; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: .6rem; }
}
@media print { .top, button { display: none; } section, .chart, .mistakes li { break-inside: avoid; } }
)css";

}  // namespace strop
