"""The chart of bench/side-by-side: how many times as good ours is, on a scale where each step is ten
times the last."""

import html
import math

WIDTH, LABELS, VALUES = 760, 330, 70  # of the whole, of what stands left and right of the bars
LINE, BAR, TOP = 26, 16, 64
BETTER, WORSE, GRID, TEXT = "#2a7f62", "#c0622d", "#d8d8d8", "#222222"


def text(x, y, content, anchor="start", size=13):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{TEXT}">{html.escape(content)}</text>')


def said(ratio):
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.2f}×"


def svg(title, remark, ratios):
    """`ratios`: pairs of a label and a number above 0."""
    low = min(0, math.floor(min(math.log10(ratio) for _, ratio in ratios)))
    high = max(1, math.ceil(max(math.log10(ratio) for _, ratio in ratios)))
    step = (WIDTH - LABELS - VALUES) / (high - low)
    x = lambda ratio: LABELS + (math.log10(ratio) - low) * step  # noqa: E731
    height = TOP + LINE * len(ratios) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" role="img" aria-label="{html.escape(title, quote=True)}">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        text(8, 20, title, size=15),
        text(8, 38, remark, size=11),
    ]
    for power in range(low, high + 1):
        at = x(10.0**power)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 8}" y2="{height - 8}" '
                     f'stroke="{TEXT if power == 0 else GRID}"/>')
        parts.append(text(at, TOP - 12, f"{10.0**power:g}×", "middle", 11))
    for number, (label, ratio) in enumerate(ratios):
        y = TOP + LINE * number
        left, right = sorted((x(1), x(ratio)))
        parts.append(text(LABELS - 10, y + 13, label, "end", 12))
        parts.append(f'<rect x="{left:.1f}" y="{y}" width="{max(right - left, 1):.1f}" height="{BAR}" '
                     f'fill="{BETTER if ratio >= 1 else WORSE}"/>')
        parts.append(text(right + 6, y + 13, said(ratio), size=12))
    return "\n".join(parts) + "\n</svg>\n"
