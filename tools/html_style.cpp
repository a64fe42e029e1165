// tools/html_style.cpp - the page's style sheet: colours as variables, for light and dark.
//
// Why: pictures and tables share the variables, so one switch recolours both. Colour never carries
//      a verdict alone: every coloured cell also has its own sign.
#include "tools/html.hpp"

namespace faultline::html {

std::string style_sheet() {
    return R"css(
:root{color-scheme:light dark;--bg:#fcfcfa;--panel:#fff;--ink:#1d1f21;--soft:#5c6166;--rule:#dcdcd6;
--ok:#17693f;--ok-bg:#d9eedf;--ok-pale:#eff7f1;--bad:#a8201a;--bad-bg:#fadbd8;--warn:#7a5200;
--warn-bg:#fbe9c2;--odd:#5b3a9b;--odd-bg:#e6def6;--na:#a3a6a8;--vma:#dbe7f6;--vma-line:#5b7fae;
--frame:#ece8dd;--frame-line:#8d8265;--anon:#e3eadb;--anon-line:#6d8a52;--mark:#c2410c;
--link:#8a9098;--code:#f1f1ec}
@media(prefers-color-scheme:dark){:root{--bg:#16181b;--panel:#1d2024;--ink:#e6e6e2;--soft:#a2a7ad;
--rule:#363b41;--ok:#7fd6a2;--ok-bg:#1d4a31;--ok-pale:#1b2b23;--bad:#ff9d94;--bad-bg:#5a1f1b;
--warn:#f0c36a;--warn-bg:#4a3810;--odd:#c3adf5;--odd-bg:#3a2c5c;--na:#5d646b;--vma:#22334a;
--vma-line:#6f97cb;--frame:#33302a;--frame-line:#a0946f;--anon:#28331f;--anon-line:#88a969;
--mark:#ff9152;--link:#737b84;--code:#24282d}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0 auto;max-width:1240px;padding:28px 24px 80px;background:var(--bg);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:29px;line-height:1.2;margin:4px 0 10px;letter-spacing:-.01em;text-wrap:balance;
overflow-wrap:anywhere;hyphens:none}
h2{font-size:21px;margin:48px 0 8px;padding-top:14px;border-top:1px solid var(--rule)}
h3{font-size:17px;margin:0 0 6px}h4{font-size:14px;margin:20px 0 6px}
p{margin:6px 0;max-width:78ch}a{color:inherit;text-decoration-color:var(--na)}
code,pre,.mono{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.88em}
pre{background:var(--code);padding:12px 14px;border-radius:6px;overflow-x:auto;line-height:1.45}
.eyebrow{color:var(--soft);margin:0;font-size:13px;letter-spacing:.04em}
.lede{font-size:17px}.soft,.meta{color:var(--soft)}.meta{font-size:13px;max-width:120ch}
.banner{border-left:5px solid var(--ok);padding:2px 0 2px 18px}
.banner.violated,.banner.tool-error{border-color:var(--bad)}
.banner.unknown,.banner.usage-error{border-color:var(--warn)}
.banner.vacuous{border-color:var(--odd)}
nav{margin:18px 0 0;display:flex;flex-wrap:wrap;gap:4px 18px;font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:10px;margin:22px 0}
.tile{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:23px;font-weight:600;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
.badge{display:inline-block;border-radius:4px;padding:0 7px;font-size:12px;font-weight:600;
letter-spacing:.03em;vertical-align:1px;background:var(--ok-bg);color:var(--ok)}
.badge.violated,.badge.tool-error{background:var(--bad-bg);color:var(--bad)}
.badge.unknown,.badge.usage-error{background:var(--warn-bg);color:var(--warn)}
.badge.vacuous{background:var(--odd-bg);color:var(--odd)}
.scroll{overflow:auto;max-width:100%;border:1px solid var(--rule);border-radius:8px;
background:var(--panel);margin:10px 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
table.plain{width:100%;font-size:14px}
.plain th,.plain td{padding:6px 12px;text-align:left;border-bottom:1px solid var(--rule);
vertical-align:top}
.plain tr:last-child td{border-bottom:0}.plain th{color:var(--soft);font-weight:600;font-size:13px;
white-space:nowrap}
.num{text-align:right!important;white-space:nowrap}
.matrix-box{max-height:82vh}
.matrix{font-size:12px;line-height:1}
.matrix thead th{position:sticky;top:0;background:var(--panel);z-index:2;vertical-align:bottom;
padding:8px 0 6px;font-weight:500;box-shadow:0 1px 0 var(--rule)}
.matrix thead th span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;
font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:11px;max-height:190px}
.matrix tbody th{position:sticky;left:0;background:var(--panel);z-index:1;text-align:left;
font-weight:500;padding:0 12px 0 12px;white-space:nowrap}
.matrix thead th:first-child{left:0;z-index:3;text-align:left;padding-left:12px}
.matrix td{width:20px;min-width:20px;height:20px;text-align:center;border:1px solid var(--panel);
border-radius:4px}
.matrix .g{border-left:3px solid var(--panel)}
.matrix tr.area th{padding:12px 12px 5px;font-size:13px;font-weight:700}
.matrix td.h{background:var(--ok-bg);color:var(--ok)}
.matrix td.u{background:var(--ok-pale);color:var(--ok)}
.matrix td.v{background:var(--bad);color:var(--panel);font-weight:700}
.matrix td.e{background:var(--bad-bg);color:var(--bad)}
.matrix td.q{background:var(--warn-bg);color:var(--warn);font-weight:700}
.matrix td.z{background:var(--odd-bg);color:var(--odd)}
.matrix td.s{background:var(--warn-bg);color:var(--warn)}.matrix td.n{color:var(--na)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:8px 0}
.legend i{display:inline-block;min-width:20px;text-align:center;font-style:normal;
border-radius:4px;margin-right:5px}
.legend .h{background:var(--ok-bg);color:var(--ok)}.legend .u{background:var(--ok-pale);
color:var(--ok)}.legend .v{background:var(--bad);color:var(--panel)}.legend .e{
background:var(--bad-bg);color:var(--bad)}.legend .q,.legend .s{background:var(--warn-bg);
color:var(--warn)}.legend .z{background:var(--odd-bg);color:var(--odd)}
details>summary{cursor:pointer}details>summary:hover{color:var(--mark)}
.fold>summary{font-weight:600;padding:6px 0}
.story{background:var(--panel);border:1px solid var(--rule);border-radius:10px;padding:16px 20px;
margin:14px 0}
.story>summary{font-size:15px}.story .says{font-size:17px;margin:10px 0}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;font-size:14px;margin:8px 0}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
ol.steps{list-style:none;margin:8px 0;padding:0;border-left:2px solid var(--rule)}
ol.steps>li{padding:1px 0 1px 14px}
ol.steps>li.last{border-left:4px solid var(--mark);margin-left:-3px}
ol.steps summary{display:grid;grid-template-columns:2.2em minmax(0,42ch) 12ch 1fr;gap:0 12px;
align-items:baseline;padding:3px 0}
ol.steps .no{color:var(--soft);text-align:right}ol.steps .result{white-space:nowrap}
ol.steps .count{color:var(--soft);font-size:13px;white-space:nowrap}
.changes{font-size:13px;margin:2px 0 10px 3em;width:auto}
.changes td{padding:1px 14px 1px 0;vertical-align:top}
.changes .minus{color:var(--bad)}.changes .plus{color:var(--ok)}
.pictures{display:flex;flex-wrap:wrap;gap:14px 26px}
figure{margin:8px 0;max-width:100%;overflow-x:auto}
figcaption{font-size:13px;color:var(--soft);margin:0 0 6px;position:sticky;left:0}
.bar{display:inline-block;height:9px;border-radius:2px;background:var(--vma-line);margin-right:8px}
.pic{display:block}
.pic text{font:10px ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
fill:var(--ink)}
.pic .strong{font-weight:700}.pic .faint{fill:var(--soft)}
.pic .title{font-weight:700;font-size:12px}
.pic .hole{fill:none;stroke:var(--rule);stroke-dasharray:2 3}
.pic .vma{fill:var(--vma);stroke:var(--vma-line)}.pic .pte{fill:var(--panel);stroke:var(--vma-line)}
.pic .pte.none{stroke:var(--na);stroke-dasharray:3 2}
.pic .frame{fill:var(--frame);stroke:var(--frame-line)}
.pic .anon{fill:var(--anon);stroke:var(--anon-line)}
.pic path{fill:none;stroke:var(--link);stroke-width:1.3}.pic .hair{stroke:var(--rule)}
.pic .linked{fill:var(--anon-line)}.pic .own{fill:none;stroke:var(--anon-line);stroke-width:1.6}
.pic .start{fill:var(--frame-line)}
.pic .mark{stroke:var(--mark);stroke-width:2.4}.pic text.mark{stroke:none;fill:var(--mark)}
.pic .marktext{fill:var(--mark)}
@media(max-width:700px){body{padding:18px 14px 60px}h1{font-size:24px}.story{padding:12px}
.changes{margin-left:0}.lede,.story .says{font-size:16px}.facts{grid-template-columns:1fr;gap:0}
.facts dd{margin-bottom:6px}
ol.steps summary{grid-template-columns:2em minmax(0,1fr) auto;gap:0 8px}
ol.steps .count{display:none}}
@media print{.matrix-box{max-height:none}details{break-inside:avoid}}
)css";
}

}  // namespace faultline::html
