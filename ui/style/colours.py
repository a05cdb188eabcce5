"""Which colour each label has on the page, and all colours as CSS.

The hues follow Okabe and Ito (https://jfly.uni-koeln.de/color/), moved until each keeps a contrast of
3:1 or more with a card and stays apart from the others under protanopia, deuteranopia and tritanopia;
a test measures both. Beyond eight labels the hues come again with a texture. No meaning rests on a
colour alone: the name is always written beside it.
"""

from __future__ import annotations

from comparison.plots.colours import APPROACHES

#: vermillion, blue, grey, teal, amber, sky, mauve, indigo
LABELS_LIGHT = ("#B5290C", "#1464D6", "#948C86", "#006164", "#BE7208", "#3693D5", "#976698", "#3F2A8C")
LABELS_DARK = ("#E8673A", "#2B74EA", "#DAD5CC", "#45AA9E", "#FFA53D", "#7CCBFF", "#BF6FCD", "#A496FF")
TEXTURES = ("plain", "stripes", "dots", "checks")


def label_classes(column: int) -> str:
    """CSS classes that paint a swatch or a bar in the colour of a label.

    Args:
        column: the label's column in its task.
    """
    hue = column % len(LABELS_LIGHT)
    texture = TEXTURES[column // len(LABELS_LIGHT) % len(TEXTURES)]
    return f"label-{hue}" if texture == "plain" else f"label-{hue} {texture}"


def colour_css() -> str:
    """The colours as CSS variables, light and dark, and the classes that use them."""
    light = [f"--label-{i}: {colour};" for i, colour in enumerate(LABELS_LIGHT)]
    dark = [f"--label-{i}: {colour};" for i, colour in enumerate(LABELS_DARK)]
    light += [f"--approach-{name}: {pair[0]};" for name, pair in APPROACHES.items()]
    dark += [f"--approach-{name}: {pair[1]};" for name, pair in APPROACHES.items()]
    rules = [f".label-{i} {{ --label: var(--label-{i}); }}" for i in range(len(LABELS_LIGHT))]
    rules += [f".approach-{name} {{ --approach: var(--approach-{name}); }}" for name in APPROACHES]
    blocks = [f":root {{ {' '.join(light)} }}", f":root.dark, :root .dark {{ {' '.join(dark)} }}"]
    return "\n".join(blocks + rules)
