"""Record spaCy's tokens, and the reward of Eq. 3, of self-written texts that stress every kind of rule.

    pip install spacy==3.8.18 vaderSentiment==3.3.2
    python test/golden/spacy/record_tokens.py test/golden/spacy/tokens.json
"""

import json
import random
import sys
from importlib.metadata import version
from pathlib import Path

import spacy
import vaderSentiment

TEXTS = [
    # empty and whitespace
    "", " ", "  ", "   ", "\n", "\t", " \n ", " a", "a ", "a  b", "a   b ", "a \n b", "a\n\nb", "a\t b", "\u00a0", "a\u00a0b",
    "a \u00a0 b", "\u2003x\u2009y", "tab\tand\r\nline", "x\x1cy\x85z", "\ufeffmark", "zero\u200bwidth",
    # contractions
    "I'm sure you're right, she's late, we've gone, they'll come and I'd stay.",
    "Don't, won't, can't, couldn't've, shan't, ain't, isn't it?", "I dont know, he cant, you wont, Im here, theyre not",
    "Who's there? What's that? It's John's. 'Tis so; 'Cause I said so, y'all.", "we’ll see, it’s fine, don’t, I’m, they’ve",
    "Let's go, c'mon, ma'am, o'clock at 5 o’clock, gonna gotta wanna lemme gimme", "the '90s, the 1980's, rock 'n' roll, ol' man, nothin' doin'",
    "Could've should've would've might've mightn't mustn't needn't", "CAN'T WON'T DON'T I'M YOU'RE IT'S", "cannot Cannot whatre whos hadnt",
    # abbreviations
    "Mr. Smith, Mrs. Jones, Dr. Who and Prof. X met St. Paul Jr. vs. Sr. etc.", "The U.S. and the U.K., e.g. N.Y., i.e. L.A. p.m.",
    "At 5p.m. or 10am, 7 a.m., 11:30pm, 12PM.", "Jan. 5, Feb. 6, Sept. 7, Dec. 31", "Inc. Ltd. Co. Corp. Bros. Gen. Gov. Rep. Sen.",
    "It ends with U.S.", "Vol. 2 No. 3 pp. 4-5", "a. b. c. z. ä. A. B.", "It was awful.It really was.", "the end.The next",
    # emoticons
    ":) :-) :( :-( ;) ;-) :D :P :p xD XD <3 </3 ^_^ -_- o_O O.o :/ :| :3 8) =) (: :'( :')", "great:) bad:( ok:D so-so:/ yes:-)!",
    "(:) :)) :)))) :-))) (^_^) (>_<) (._.) ಠ_ಠ ¯\\(ツ)/¯ (╯°□°）╯︵┻━┻", "I love it <3<3 <33 :):)", ": ) ; ) : (", "see this:-(but why", "ok?:)",
    # URLs and mail
    "See http://example.com, https://www.example.org/a/b?c=d&e=f#g and www.example.net.", "example.com (example.com) \"example.com\" example.com!",
    "Mail me@example.com or <first.last@mail.example.co.uk>; mailto:me@example.com", "ftp://user:pass@host.example:8080/path http://10.0.0.1/ http://8.8.8.8:53/x",
    "http://192.168.0.1 http://172.16.5.4 http://172.32.5.4 1.2.3.4 127.0.0.1", "a:b@c.de x@y file.txt readme.md node.js ASP.NET e.Bay",
    "http://example.com/a_(b)...", "HTTP://EXAMPLE.COM Example.Com lower.Upper UPPER.lower", "http://münchen.example/ü git+ssh://host.example/x",
    "visit:http://example.com/path,then", "//example.com/x www.a.b:99 www.a.b:9 www.a.b:999999",
    # hyphens and infixes
    "well-known state-of-the-art mother-in-law's semi--automatic word---word word—word word–word", "a-b 3-D 1990-91 B-52 F-16s x-ray T-shirt",
    "-start end- -- --- - – —", "and/or he/she 1/2 10/10 w/o a/b/c", "key=value a<b a>b x:y 5:30 a:b", "2+2=4 3*4 2^8 5-3 a*b 10-20", "one,two,three 1,000,000 3.14 .5 5.",
    "wait...what ...so... no.. yes.... hmm…ok …… a…", "foo~bar foo~ ~bar", "snake_case _private_ __init__ a_b",
    # dates, currency, units
    "On 12/31/1999, 2001-09-11 and 3rd of May", "$5 $5.99 5$ US$100 A$7 C$8 €20 20€ £3.50 3.50£ ¥1000 1000¥ ₹50 ₿1 100%  50%. %x",
    "10km 5kg. 3lb 20mph 100km/h 5m² 6ft 7in. 8GB 9MB 1T 3M 4K 5G 90min 2h 30° 20°C. 20°F 5C.", "10km. 5kg, 3lb; (20mph) 7cm) 8mm!", "5'10\" 6'2 1st 2nd 100th 4x4 24/7",
    # quotes and brackets
    "\"Hello,\" she said. 'Hi,' he said. “Well,” they said. ‘No.’ «Oui» „Ja“ ´x´ `code`", "''double'' \"\"quotes\"\" '\"mixed\"'", "(see above) [sic] {x} <tag> ((nested)) [(both)]",
    "\"It's 'fine',\" he said.", "f(x) a[0] {a:b} <a href=\"x\">", "end.\" end.) end.' end!\" end?) end.]", "(a.) (b). [U.S.] \"Dr.\"",
    # repeated marks
    "What?! No!! Why??? Really?!?! ,,, ;;; ::: *** ### &&& ___", "A+ B- C++ C# F# AT&T R&B Q&A #hashtag @name *bold* _it_", "+5 +x -5 ++ +- =x %5",
    # html
    "One.<br /><br />Two.", "One<br />two <br/> three<br>four</br>", "<b>bold</b> <i>it</i> &amp; &nbsp; &quot;x&quot;", "Good movie!<br /><br />(Spoilers)<br />", "<space> \\n \\t \\\")",
    # unicode
    "Amélie, naïve café, Ñandú, Straße, Ærøskøbing", "日本語のテキスト、です。「引用」 中文！？ 한국어", "Привет, мир. 5км 10кг. «Да»", "Ελλάδα.Αθήνα العربية، نص؟ עברית",
    "😀 😀😀 good😀 😀bad 👍🏽👍🏽 🇩🇪 👩‍👩‍👧 ❤️ ♥ ★★★☆☆ ™ © ® ° №", "½ ¼cup x² m³ Ⅷ ١٢٣ 𝒳𝟘 𠀀 e\u0301 soft\u00adhyphen", "ﬁne ﬀ K ſ İstanbul ıI", "a\u2028b\u2029c", "•bullet ·dot ¡Hola! ¿Qué? § 5 ¶ † ‡ ‰",
    # sentiment words for the reward
    "What a wonderful, lovely, GREAT film: I loved it, best ever, happy happy joy!", "Terrible. Awful acting, the worst, I hated it; boring, stupid and sad.",
    "Not good, not bad, just ok.", "excellent " * 40, "horrible " * 40, "A good-natured, well-made, feel-good love-story that wasn't bad.", "sob lol LMAO fav OK :D :) :( x-d d:",
]

EXTRA = 150  # texts sampled from fragments of the rules themselves, so that rules meet in unforeseen ways


def sampled(tokenizer, draw):
    fragments = list(tokenizer.rules) + list("abcXYZ019.,:;!?'\"()[]{}<>/-—–~*+^=_#&%$€@…’“”°²")
    fragments += ["10km", "U.S.", "I'm", "http://", "www.a.com", "me@x.org", "😀", "é", "中", "Ж", "...", "--", "good", "BAD"]
    spaces = [" "] * 6 + ["  ", "\n", "\t", "\u00a0"]
    for _ in range(EXTRA):
        yield "".join(
            draw.choice(fragments) if draw.random() < 0.75 else draw.choice(spaces) for _ in range(draw.randint(2, 14))
        )


def main(path):
    tokenizer = spacy.blank("en").tokenizer
    lexicon = {}
    for line in (Path(vaderSentiment.__file__).parent / "vader_lexicon.txt").read_text("utf-8").rstrip("\n").split("\n"):
        word, valence = line.strip().split("\t")[:2]
        lexicon[word] = float(valence)
    cases = []
    for text in TEXTS + list(sampled(tokenizer, random.Random(0))):
        tokens = [token.text for token in tokenizer(text)]
        reward = sum(lexicon.get(token.lower(), 0.0) for token in tokens) / 5
        cases.append({"text": text, "tokens": tokens, "reward": min(max(reward, -10), 10)})
    recorded = {
        "recordedWith": {name: version(name) for name in ("spacy", "vaderSentiment")} | {"python": sys.version.split()[0]},
        "cases": cases,
    }
    Path(path).write_text(json.dumps(recorded, ensure_ascii=True, indent=0) + "\n", "utf-8")


main(sys.argv[1])
