extension StatusPage {
    /// Text is `--text` or `--soft` on `--back`, and never in the colour of a state.
    static let style = """
        :root{color-scheme:light dark;--back:#fff;--text:#1c2024;--soft:#60646c;--line:#e0e1e6;\
        --proven:#2b9a66;--due:#b87503;--damaged:#d13438;--partial:#3e7bd6;--absent:#d9d9e0}
        @media(prefers-color-scheme:dark){:root{--back:#111113;--text:#edeef0;--soft:#b0b4ba;\
        --line:#363a3f;--due:#e2a336;--damaged:#e5484d;--absent:#43484e}}
        body{margin:0;background:var(--back);color:var(--text);\
        font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
        main{max-width:70rem;margin:0 auto;padding:1rem}
        h1{font-size:1.3rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin-top:2rem}
        .soft{color:var(--soft)}.wide{overflow-x:auto}.wide:focus-visible{outline:2px solid var(--partial)}
        table{border-collapse:collapse;width:100%}
        th,td{padding:.35rem .8rem .35rem 0;text-align:left;border-bottom:1px solid var(--line)}
        th{font-weight:600;color:var(--soft)}.files td{white-space:nowrap}\
        .files td:nth-child(3){white-space:normal;min-width:14rem}\
        .files td:last-child{width:40%}.outputs td{overflow-wrap:anywhere}
        @media(max-width:45rem){.files thead{display:none}.files tr{display:grid;\
        grid-template-columns:1fr auto;border-bottom:1px solid var(--line);padding:.4rem 0}\
        .files td{border:0;padding:.15rem 0;white-space:normal;overflow-wrap:anywhere}\
        .files td:nth-child(3),.files td:last-child{grid-column:1/-1;width:auto}
        .outputs thead{display:none}.outputs tr{display:block;border-bottom:1px solid var(--line);\
        padding:.4rem 0}.outputs td{display:block;border:0;padding:.15rem 0}
        .runs thead{display:none}.runs tr{display:grid;grid-template-columns:1fr 1fr 1fr;\
        border-bottom:1px solid var(--line);padding:.4rem 0}\
        .runs td{border:0;padding:.15rem 0;text-align:left}.runs td:first-child{grid-column:1/-1}\
        .runs td::before{content:attr(data-name);display:block;color:var(--soft);font-size:.8rem}\
        .runs td:first-child::before{display:none}}
        .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        .dot{display:inline-block;width:.6rem;height:.6rem;border-radius:50%;margin-right:.5rem}
        span.proven{background:var(--proven)}span.due{background:var(--due)}\
        span.damaged{background:var(--damaged)}span.partial{background:var(--partial)}\
        span.absent{background:var(--absent)}
        svg{display:block;width:100%;min-width:8rem;height:.8rem;border-radius:2px}
        rect.proven{fill:var(--proven)}rect.due{fill:var(--due)}rect.damaged,rect.failed{fill:var(--damaged)}\
        rect.partial{fill:var(--partial)}rect.absent{fill:var(--absent)}
        svg.rates{height:4rem;margin-top:.5rem}.rates+p{margin:.2rem 0 .8rem;font-size:.85rem}
        pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:.8rem;border:1px solid var(--line);border-radius:6px}
        """
}
