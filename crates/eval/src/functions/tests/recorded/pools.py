"""The generated expressions: calls of every function, nested expressions, and ones with unknown values."""

STRINGS = r'''
"" "a" "abc" "Hello World" "héllo wörld" "e\u0301x" "👨‍👩‍👧‍👦 x" "日本語" "  x  " "a,b,,c" "1" "01" "1.50" "1e3" "-0" "0x1F" "true" "True"
"null" "\n" "a\r\nb\n\n" "\ta\t" "$${x}" "%%{x}" "\\" "say \"q\"" "ß" "İi" "ǆ" "ſtop" "\u2028<>&" "foo-bar o'neil ünïq" "a/b/../c" "/a//b/"
"x=1&y=2 +~" "aaa" "1/3" "ＡＢ" "ﬁ" "a.b.c" "[a-z]" "{}" "[]" "b\u0007\u001f" "\u00a0nb\u00a0" "\ufeff" "AbC" "🇩🇪🇫🇷" "한국" "क्षि" "9007199254740993"
'''.split("\n")
STRINGS = [s for line in STRINGS for s in __import__("re").findall(r'"(?:[^"\\]|\\.)*"', line)]

NUMBERS = """0 1 -1 2 3 5 10 3.7 -3.7 0.5 0.1 1/3 1e3 1e30 1e-7 -2 16 62 64 255 1024 12345678901234567890 1e100 -1e-30 2.5 1.0
"1" "2.5" "-3" 0.30000000000000004 123456789.987654321""".split()

LISTS = """[] ["a"] ["b","a","b"] [1,2,3] [1,"a",true] [null] ["a",null,""] tolist([]) tolist(["x","y","x"]) tolist([3,1,2]) toset(["b","a"])
toset([]) toset([1,2,10]) [[1],[2,3]] [["a"],[]] [{a=1},{a=2}] [{a=1},{b=2}] [true,false] [[],[[]],[[1,[2]]]] tolist([[1],[2]]) [1,1,"1"]
["é","e","z","Z","10","9"] toset([true,false]) toset([[1],[2]]) toset([{a=1},{a=2}]) [null,null] tolist([null,"a"]) [tostring(null)] ["",""]
tolist([{a="x"},{a="y"}]) ["1","2"] [1.5,2] tolist([true]) tolist(null) [[1,2],["a","b"]] toset(["é","z","a"]) ["a","b","c","d"]""".split()
LISTS = [x for x in LISTS if x]

MAPS = """{} {a=1} {a="x",b=2} {b={c=1}} tomap({a="1"}) tomap({}) {a=null} tomap({b=1,a=2}) {a=[1],b=["x","y"]} tomap({a=["1"],b=[]}) {a=true,b="t"}
{"k-e:y"=1,"ü"=2} tomap({a={x=1},b={x=2}}) {a=1,b=2,c=3} {b="1",a="2"} tomap({a=null}) {a={b={c=[1,{d=2}]}}} tomap({a=[1,2],b=[3]}) {a=[],b=[]}""".split()

OTHERS = ["null", "true", "false", "tostring(null)", "tonumber(null)", "tobool(null)", "tolist(null)", "tomap(null)", "toset(null)",
          "sensitive(\"s\")", "sensitive(5)", "sensitive([1,\"a\"])", "[sensitive(\"s\"),\"t\"]", "{a=sensitive(1),b=2}",
          "sensitive({a=1})", "toset([sensitive(\"q\")])", "tolist([sensitive(1),2])", "[{a=sensitive(\"z\")}]"]

REGEXES = [r'"a"', r'"(a)(b)?"', r'"(?P<x>\\w+)"', r'"(?P<x>a)(b)"', r'"[a-z]+"', r'"^$"', r'"(?i)ABC"', r'"\\d+"', r'"[[:alpha:]]+"',
           r'"(?s).+"', r'"(?m)^.*$"', r'"\\p{L}+"', r'"\\pN"', r'"x*"', r'"("', r'"a{2,3}"', r'"[^a]"', r'"\\bb"', r'"\\Aa"', r'"a\\z"', r'"a|b|"',
           r'"(?U)a+"', r'"\\Q.\\E"', r'"."', r'"\\x41"', r'"\\x{1F680}"', r'"(?P<x>a)|(?P<y>b)"', r'"\\s+"', r'"\\C"', r'"a**"', r'"(?=a)"', r'"(a"',
           r'"\\p{Greek}"', r'"[\\d-z]"', r'"\\1"', r'"((a)|(b))+"', r'"(?:a)+?"', r'"\\S\\W\\D"', r'"[]a]"', r'"[a-"', r'"\\pX"', r'"a{,2}"', r'"{1}"',
           r'"(?<n>a)"', r'"\\v\\f\\a"', r'"\\e"', r'"\\Z"', r'"[[:word:]]"', r'"[[:foo:]]"', r'"\\07"', r'"a{1001}"', r'"(?P<a>x)(?P<a>y)"', r'"(?i-s:A)b"',
           r'"[^\\x00-\\x7F]"', r'"[\\p{Lu}\\d]+"', r'"é"', r'"\\u00e9"', r'""', r'"\\z"', r'"$"', r'"(|a)*"', r'"(?P<1>a)"', r'"[a&&b]"', r'"[a--b]"', r'"a{2}{3}"']

FORMATS = ["%s", "%v", "%d", "%5d|", "%-5d|", "%05d", "%+d", "% d", "%x", "%X", "%#x", "%o", "%b", "%e", "%E", "%f", "%.2f", "%8.3f|", "%g", "%G",
           "%q", "%#v", "%t", "%5s|", "%-5s|", "%.2s", "%%", "%[1]s %[1]v", "%[2]d %[1]d", "%s %s", "%6.2f%%", "%08.3f", "%+.1e", "x%sy", "%", "%!", "%z",
           "%5t", "%q-%s", "%[3]v", "%*d", "%.0f", "%+v", "%c", "%U", "%p", "%T", "%.3g", "%#o", "%#q", "%5q|", "%.10v", "%010s", "%-010d", "%+s", "%i", "%u"]
FORMATS = ['"%s"' % f.replace("%{", "%%{") for f in FORMATS]

DATES = ['"2021-07-04T09:08:07Z"', '"2020-02-29T23:59:59+05:30"', '"1999-12-31T00:00:00-08:00"', '"2021-07-04T12:00:00.123456Z"', '"0001-01-01T00:00:00Z"',
         '"9999-12-31T23:59:60Z"', '"2021-07-04"', '"2021-07-04 09:08:07Z"', '"2021-7-4T09:08:07Z"', '"2021-02-29T00:00:00Z"', '"2021-07-04t09:08:07z"',
         '"2021-07-04T24:00:00Z"', '"2021-07-04T09:08Z"', '""', '"2021-07-04T09:08:07+00:00"', '"2021-07-04T09:08:07-00:00"', '"2021-07-04T09:08:07,5Z"',
         '"2021-07-04T09:08:07.Z"', '"2021-13-01T00:00:00Z"', '"2000-01-01T00:00:00+14:00"', '"2000-01-01T12:00:00+25:00"', '"2000-01-01T00:00:00+0530"',
         '"12021-07-04T09:08:07Z"', '"2021-07-04T09:60:07Z"', '"2021-07-04T9:08:07Z"', '"2021-07-04T00:30:00Z"', '"2021-07-04T13:30:00+09:45"', '"0000-01-01T00:00:00Z"']

DATE_FORMATS = ["YYYY-MM-DD", "YY M D", "MMMM MMM", "EEEE EEE", "HH:mm:ss", "h:m:s AA", "hh aa", "H", "Z", "ZZZ", "ZZZZ", "ZZZZZ", "ZZ", "'at' HH", "''", "'it''s'",
                "YYYYY", "x", "'open", "DD/MM/YYYY", "EEEEE", "MMMMM", "ß", "hhh", "A", "a", "AAA", "", " ", "ss'.'sss", "D-M-YY", "[YYYY]", "YYY", "Y", "E", "EE",
                "'YYYY'", "T", "YYYY-MM-DD'T'hh:mm:ssZ", "mmm", "DDD", "HHH"]
DATE_FORMATS = ['"%s"' % f for f in DATE_FORMATS]

DURATIONS = ['"1h"', '"-1h30m"', '"1.5h"', '"10m"', '"1d"', '"1h 2m"', '"300ms"', '"1us"', '"1µs"', '"1μs"', '"1ns"', '""', '"0"', '"+5s"', '"-.5s"', '".5m"', '"1"', '"h"',
             '"1e3s"', '"87600h"', '"-876000h"', '"2562047h47m16s"', '"2562048h"', '"1h1h"', '"-0"', '"1.h"', '"5.s"', '"1m-1s"', '"9223372036854775807ns"', '"0.000000000001h"']

CIDRS = ['"10.0.0.0/8"', '"10.1.2.3/16"', '"192.168.0.0/24"', '"0.0.0.0/0"', '"10.0.0.1/32"', '"fd00::/8"', '"2001:db8::/32"', '"::/0"', '"::1/128"', '"10.0.0.0"', '"10.0.0/8"',
         '"10.0.0.0/33"', '"10.0.0.0/08"', '"010.0.0.0/8"', '"::ffff:10.0.0.0/104"', '"fe80::1%eth0/64"', '""', '"a/b"', '"10.0.0.0/-1"', '"10.0.0.0/ 8"', '"172.16.0.0/12"',
         '"fd00:fd12:3456:7890:00a2::/72"', '"10.0.0.0/255.0.0.0"', '"256.0.0.0/8"', '"10.12.127.0/20"', '"1.2.3.4/31"', '"2001:DB8::1/127"', '"1::2::3/64"', '"::10.1.2.3/96"']

JSONS = [r'"{}"', r'"[]"', r'"null"', r'"true"', r'"1"', r'"1e400"', r'"-0"', r'"\"a\\u00e9\\n\""', r'"{\"a\":1,\"a\":2}"', r'"[1,\"a\",null,{\"b\":[]}]"', r'"{\"a\":}"', r'""', r'" 1 "',
         r'"1 2"', r'"01"', r'"+1"', r'"nul"', r'"[1,]"', r'"{\"a\" 1}"', r'"\"\\ud83d\\ude80\""', r'"\"\\ud83d\""', r'"{\"\":1}"', r'"1.0"', r'"0.1e1"', r'"123456789012345678901234567890.123"',
         r'"\"\u0001\""', r'"\"e\u0301\""', r'"\ufeff1"', r'"[[[[1]]]]"', r'"{\"b\":1,\"a\":{\"c\":null}}"', r'"tru"', r'"\"a"', r'"1."', r'".5"', r'"-"', r'"1E+2"', r'"\"\\x\""', r'"//c\n1"', r'"NaN"', r'"\"\\/\""']

YAMLS = [r'"a: 1"', r'"- 1\n- x\n- true"', r'"~"', r'"null"', r'"yes"', r'"On"', r'"n"', r'"0x1F"', r'"010"', r'"0o17"', r'"1_000"', r'"1.5e3"', r'".inf"', r'"-.INF"', r'".nan"', r'"2021-07-04"',
         r'"2021-07-04 09:08:07"', r'"2001-12-14t21:59:43.10-05:00"', r'"\"q\\u00e9\\x41\""', r"\"'it''s'\"".replace('\\"', '"'), r'"a: &x [1]\nb: *x"', r'"a: &x {p: 1}\nb:\n  <<: *x\n  q: 2"',
         r'"|\n  a\n  b\n"', r'">\n  a\n  b\n\n  c\n"', r'"|-\n  a\n"', r'"|+\n  a\n\n"', r'">-\n  a\n  b"', r'"{a: 1, b: [x, y]}"', r'"[a, , b]"', r'"a: b: c"', r'"---\na\n---\nb"', r'""', r'"# c"',
         r'"!!str 1"', r'"!!int \"1\""', r'"!!binary aGk="', r'"!foo 1"', r'"!!set {a, b}"', r'"? a\n: b"', r'"? [a]\n: b"', r'"1: a\n2: b"', r'"a: 1\na: 2"', r'"true: x"', r'"null: x"', r'"1.5: x"',
         r'"a:\n- 1\n- 2"', r'"a:\n\t- 1"', r'"\"a\n  b\""', r'"a\n  b"', r'"%YAML 1.1\n---\na"', r'"...\n"', r'"a: 1 # c"', r'"a#b"', r'"a: \"b"', r'"*x"', r'"- - 1\n  - 2\n- 3"', r'"key with space: v"',
         r'"=1"', r'"+1"', r'"+.inf"', r'"1e3"', r'"1:30"', r'"0b101"', r'"-0x1f"', r'"0x"', r'"1."', r'".5"', r'"1e"', r'"12345678901234567890123"', r'"!!float 1"', r'"!!null x"', r'"!!bool yes"', r'"!!map {}"', r'"!!seq []"', r'"!!int x"',
         r'"!!timestamp 2021-07-04"', r'"<<: {a: 1}"', r'"a: !!str"', r'"@a"', r'"`a"', r'"%a"', r'"a: [1,\n2]"', r'"[1"', r'"{a"', r'"{a, b: }"', r'"- a: 1\n  b: 2\n- c"', r'"\"\\ud83d\\ude80\""', r'"y"', r'"NO"', r'"Null"', r'"True"', r'"tRUE"',
         r'"&a b"', r'"a: &a\n  b: *a"', r'"<<: 1"', r'"a: |2\n   x\n  y"', r'"a: >1\n x"', r'"\ufeffa: 1"', r'"a: é日本🚀"', r'"\u0085"', r'"- \n- a"', r'"a:\n\nb: 1"', r'"!<tag:yaml.org,2002:str> 1"', r'"!!omap [a: 1]"', r'"!!merge <<"', r'"a: \u00a0b"']

CSVS = [r'"a,b\n1,2\n"', r'"a,b\n1,2\n3,4"', r'""', r'"a"', r'"a\n"', r'"a,a\n1,2"', r'"a,b\n1"', r'"a,b\n1,2,3"', r'"a;b\n1;2"', r'"a,b\n\"x,y\",\"q\"\"q\""', r'"a,b\r\n1,2\r\n"', r'"a,b\n\n1,2\n"', r'"a,b\n\"x\ny\",2"',
        r'" a , b\n 1 , 2"', r'"a,\n1,2"', r'"a,b\n\"x,2"', r'"a,b\nx\"y,2"', r'"é,ü\n1,2"', r'"a,b\n,"', r'"\ufeffa,b\n1,2"', r'"a\n\"\"\n"', r'"\"a b\",c\n1,2"', r'"a,b\n#x,y"', r'"a\r1"', r'"a,b\n\"x\" ,2"', r'"\n\na\n1"']

ENCODINGS = ['"UTF-16LE"', '"utf-16be"', '"ISO-8859-1"', '"windows-1252"', '"Shift_JIS"', '"EUC-KR"', '"gbk"', '"big5"', '"koi8-r"', '"utf-8"', '"nope"', '""', '"latin1"', '"UTF-16"', '"cp437"', '"ascii"', '"US-ASCII"', '"macintosh"', '"ISO-8859-15"', '"gb18030"', '"EUC-JP"', '"ISO-2022-JP"', '"windows-1251"', '"HZ-GB-2312"', '"UTF-32"', '"IBM037"', '"iso-8859-8-i"', '"x-user-defined"', '"cp1252"']

BASE64 = ['"aGVsbG8="', '"aGVsbG8"', '"aGk="', '"YQ=="', '"YR=="', '""', '"!!"', '"aGVs\\nbG8="', '"_-8="', '"/+8="', '"AAAA"', '"aGVsbG8= "', '"gqA="', '"/v8AYQ=="']

PATHS = ['"."', '"./"', '"/"', '""', '"a"', '"a/b.txt"', '"/a/b/"', '"../x"', '"a/../.."', '"a//b"', '"~"', '"~/x"', '"~root/x"', '"x/~"', '"é/ü.x"', '".."', '"a/./b/."', '"/../a"', '"///"', '"a/b/.."', '"\\\\a"', '" "', '"/a/../../b"']

UUIDS = ['"dns"', '"url"', '"oid"', '"x500"', '"6ba7b810-9dad-11d1-80b4-00c04fd430c8"', '"6BA7B810-9DAD-11D1-80B4-00C04FD430C8"', '"nope"', '""', '"DNS"', '"{6ba7b810-9dad-11d1-80b4-00c04fd430c8}"', '"urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"', '"6ba7b8109dad11d180b400c04fd430c8"']

# For each function the pools of its parameters; a last "*" repeats the one before.
S, N, L, M = STRINGS, NUMBERS, LISTS, MAPS
SMALL = ["0", "1", "2", "3", "-1", "5", "100", "1.5", "-2", "null", "\"1\"", "\"x\""]
COLLECTIONS = L + M
ANY = S + N + L + M + OTHERS
FUNCTIONS = {
    "abs": [N], "ceil": [N], "floor": [N], "signum": [N], "log": [N, N], "pow": [N, SMALL], "max": [N, N, N], "min": [N, N], "parseint": [S + ['"ff"', '"-ZZ"', '"zZ"', '"1_0"', '"+7"', '"777"'], ["10", "16", "2", "62", "36", "8", "1", "63", "2.5", "0"]],
    "sum": [L + M], "range": [SMALL + ["-10", "10", "0.5", "1e3"], SMALL + ["10"], SMALL + ["0.25", "-0.5"]],
    "alltrue": [L + ['[true,true]', '["true"]', '[null,true]', '[true,null]', '[1]', 'toset([true])', '["x"]']], "anytrue": [L + ['[false]', '["true"]', '[null]', '[null,true]']],
    "base64encode": [S], "base64decode": [BASE64 + S[:6]], "base64sha256": [S], "base64sha512": [S], "md5": [S], "sha1": [S], "sha256": [S], "sha512": [S],
    "basename": [PATHS], "dirname": [PATHS], "chomp": [S], "title": [S], "lower": [S], "upper": [S], "trimspace": [S], "strrev": [S], "urlencode": [S],
    "chunklist": [L, SMALL], "coalesce": [ANY, ANY, ANY], "coalescelist": [L, L, COLLECTIONS], "compact": [L], "concat": [L, L, L], "contains": [L, ANY],
    "cidrhost": [CIDRS, ["0", "1", "-1", "255", "256", "-256", "65536", "1.5", "4294967296", "1e30", "\"5\"", "-257", "340282366920938463463374607431768211455"]], "cidrnetmask": [CIDRS],
    "cidrsubnet": [CIDRS, ["0", "1", "4", "8", "16", "24", "32", "-1", "1.5", "33", "64"], ["0", "1", "2", "15", "16", "255", "-1", "162", "1e10"]], "cidrsubnets": [CIDRS, ["1", "4", "8", "0", "-1", "16", "24", "33"], ["1", "2", "4", "8", "64"], ["1", "4", "8"]],
    "csvdecode": [CSVS], "distinct": [L], "element": [COLLECTIONS, SMALL + ["-3", "1e20"]], "endswith": [S, S], "startswith": [S, S], "strcontains": [S, S], "flatten": [COLLECTIONS],
    "format": [FORMATS, ANY], "formatlist": [FORMATS, L + ANY, L + S], "formatdate": [DATE_FORMATS, DATES], "timeadd": [DATES, DURATIONS], "timecmp": [DATES, DATES],
    "indent": [SMALL, S], "index": [L, ANY], "join": [S, L, L], "jsondecode": [JSONS], "jsonencode": [ANY], "keys": [M + L], "values": [M + L], "length": [ANY], "lookup": [M, ['"a"', '"b"', '"zz"', "1"], ANY],
    "matchkeys": [L, L, L], "merge": [M, M, M], "one": [COLLECTIONS], "regex": [REGEXES, S], "regexall": [REGEXES, S], "replace": [S, [r'"/%s/"' % r[1:-1] for r in REGEXES] + S, S + ['"$1"', '"$${x}"', '"[$0]"', '"$$"', '"$1x"', '"$x"']],
    "reverse": [COLLECTIONS], "setintersection": [L, L], "setproduct": [L, L, L], "setsubtract": [L, L], "setunion": [L, L, L], "slice": [L, SMALL, SMALL], "sort": [L], "split": [S, S], "substr": [S, SMALL, SMALL],
    "textdecodebase64": [BASE64, ENCODINGS], "textencodebase64": [S, ENCODINGS], "tobool": [ANY], "tolist": [ANY], "tomap": [ANY], "tonumber": [ANY], "toset": [ANY], "tostring": [ANY],
    "transpose": [M], "trim": [S, S], "trimprefix": [S, S], "trimsuffix": [S, S], "uuidv5": [UUIDS, S], "yamldecode": [YAMLS + S], "yamlencode": [ANY], "zipmap": [L, L],
    "sensitive": [ANY], "nonsensitive": [ANY], "issensitive": [ANY], "ephemeralasnull": [ANY], "can": [ANY], "try": [ANY, ANY],
    "provider::terraform::encode_expr": [ANY], "provider::terraform::encode_tfvars": [M], "pathexpand": [[p for p in PATHS if not p.startswith('"~')]],
    "provider::terraform::decode_tfvars": [[r'"a=1"', r'"a = \"x\"\nb = [1]"', r'"a"', r'""', r'"a = b"', r'"a = 1\na = 2"', r'"a { }"', r'"a = {b=1}"', r'"a = upper(\"x\")"', r'"a = 1 + 2"', r'"# c\n"', r'"é = 1"']],
}

# Calls that pools do not reach.
PLAIN = r'''
formatdate("YYYY", timeadd("2021-07-04T09:08:07Z", "8760h"))
[for n in ["UTC", "Z"] : formatdate("ZZZ", "2021-07-04T09:08:07+00:00")]
jsonencode({a = 1e400})
jsonencode(1/3)
jsonencode(["\u2028", "\u007f", "\u0000", "\b"])
yamlencode({a = {b = [1, {c = "x\ny\n"}]}, "k:" = [[], {}], "1" = null})
yamlencode([[1, [2]], [{a = [1]}]])
yamldecode(yamlencode({a = [1, 2, {b = null}], c = "multi\nline\n", d = 1.5}))
can(1 / 0)
1 / 0
-1 / 0
0 / 0
1 / 0 - 1 / 0
(1/0) * 0
5 % 0
0 % 0
tonumber("inf")
tonumber("Infinity")
tonumber("nan")
tonumber("0x10")
tonumber("1e-5")
tonumber("-0")
tonumber(" 1")
tonumber("1_000")
tonumber("+1")
tonumber(".5")
tonumber("5.")
tonumber("1e")
tonumber("٣")
parseint("12345678901234567890123456789", 10)
pow(2, 512)
pow(2, 1024)
pow(2, 0.5)
pow(-8, 1/3)
pow(0, -1)
pow(0, 0)
log(0, 2)
log(-1, 2)
log(8, 1)
log(8, 0)
log(1e308 * 10, 10)
floor(1e400)
ceil(1/0)
signum(-1/0)
abs(-1/0)
max()
min()
max([1, 2]...)
max([]...)
max(toset([1, 2])...)
max(tolist(["1", "2"])...)
max({a = 1}...)
max(null...)
concat()
merge()
coalesce()
coalesce(null, null)
coalesce([], null)
coalescelist()
setproduct()
setproduct([1])
setunion()
setproduct([], [1])
setproduct(toset([]), toset([1]))
upper()
upper("a", "b")
nope("a")
core::upper("a")
core::nope("a")
provider::terraform::nope(1)
provider::nope::f(1)
x::y("a")
templatestring("x", {})
tolist([1, true, null])
tolist([1, null])
tolist([-3.7, tobool(null), null])
tolist([[1], null])
tolist([{a=1}, null])
tolist([[1], true, null])
toset([1, true, null])
tomap({a = 1, b = true, c = null})
tomap({a = [1], b = null})
setunion([1, 2, 3], [null])
setunion([[1]], [null])
setunion(["a"], [null])
setintersection([1], [null])
setsubtract([1], [null])
setsubtract([null], [1])
setsubtract([null], ["a"])
setsubtract([null], [[1]])
setunion([null], [[1]], [])
setunion([], [1], [[1]])
setproduct([1], [null])
concat(tolist([1]), tolist([]), tolist([true]))
concat(tolist([1]), tolist([true]))
concat(tolist([1]), tolist([[1]]))
concat(tolist([null]), tolist([1]))
coalesce(1, true, null)
coalesce(1, true)
coalesce(null, {a=1}, [1])
coalesce(null, {a=1}, {b="x"})
coalesce(null, tolist([1]), ["a"])
coalesce([1], ["a"])
coalesce({}, {a=1})
cidrsubnet("10.0.0.0/8", 0, -1)
cidrsubnet("10.0.0.0/8", 1, -1)
cidrsubnet("10.0.0.0/8", 1, -2)
cidrsubnet("10.0.0.0/8", -8, 0)
cidrsubnet("10.0.0.0/8", -1, 1000000)
cidrsubnet("10.0.0.0/8", 8, -255)
cidrsubnet("10.0.0.0/8", 8, 18446744073709551616)
cidrsubnet("fd00::/8", 64, 18446744073709551615)
cidrsubnet("fd00::/8", 70, 18446744073709551616)
cidrsubnet("fd00::/8", 100, 18446744073709551617)
cidrsubnet("::ffff:10.0.0.0/90", 2, 1)
cidrsubnet("::ffff:10.0.0.0/96", 8, 1)
cidrhost("10.0.0.0/8", 18446744073709551616)
cidrhost("fd00::/8", 18446744073709551616)
cidrhost("fd00::/8", 9223372036854775808)
cidrhost("fd00::/120", 9223372036854775808)
cidrhost("fd00::/120", 36893488147419103232)
cidrhost("fd00::/120", -18446744073709551616)
cidrhost("fd00::/64", -18446744073709551616)
cidrhost("fd00::/60", -18446744073709551617)
cidrhost("::ffff:10.0.0.0/104", -1)
cidrhost("::ffff:10.0.0.0/104", 0)
cidrhost("::ffff:10.0.0.0/104", 5)
cidrsubnets("0.0.0.0/8", 1)
cidrsubnets("0.0.0.0/8", 1, 1)
cidrsubnets("0.0.0.0/0", 1, 1)
cidrsubnets("::/8", 1, 1)
cidrsubnets("::/8")
cidrsubnets("::ffff:10.0.0.0/104", 1)
cidrsubnets("::ffff:10.0.0.0/104")
cidrsubnets("255.255.255.0/24", 1, 1)
cidrsubnets("255.255.255.0/24", 1, 1, 1)
cidrsubnets("ffff:ffff:ffff:ffff:ffff:ffff:ffff:0/112", 1, 1)
cidrsubnets("10.0.0.0/8", 1, 1, 2)
cidrnetmask("::ffff:10.0.0.0/96")
cidrnetmask("::ffff:10.0.0.0/64")
element([1, 2, 3], -1)
element([1, 2, 3], -3)
element([1, 2, 3], -4)
element([1, 2, 3], -6)
element(tolist([1, 2, 3]), -1)
element(tolist([1, 2, 3]), -4)
element([1, 2, 3], 1e30)
element(tolist([1, 2, 3]), 1e30)
pow(1e-7, 2.5)
pow(3, 0.3)
pow(10, -3)
pow(10, 0.7)
pow(2, 0.1)
pow(1.1, 10.5)
pow(7, 1.25)
pow(0.5, 3.75)
pow(123.456, 2.789)
pow(99, 0.01)
pow(5, 100)
pow(3, 40)
pow(1.0001, 10000)
pow(2, -0.5)
pow(9, 0.5)
pow(1e200, 2)
pow(1e-200, 2)
log(100, 10)
log(1000, 10)
log(2, 10)
log(1e30, 7)
log(0.5, 2)
length("ক্ষ")
length("క్ష")
length("ക്ഷ")
strrev("ক্ষa")
length("🏳️‍🌈👩🏽‍🚒e\u0301\r\n")
strrev("\r\n")
length("각각")
regexall("[[:nope:]]", "a")
regex("[[:^alpha:]]", "a1")
regex("[[:ascii:][:blank:]]+", "a b")
timecmp("2021-07-04T9:08:07Z", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07,5Z", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:7Z", "2021-07-04T09:08:07Z")
timecmp("2021-7-04T09:08:07Z", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07+5:00", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07.1234567891Z", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07+24:00", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07+23:60", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07.Z", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T09:08:07,Z", "2021-07-04T09:08:07Z")
timecmp("2021-07-04T-9:08:07Z", "2021-07-04T09:08:07Z")
timecmp("2021-02-30T09:08:07Z", "2021-07-04T09:08:07Z")
timeadd("2021-07-04T9:08:07Z", "1s")
timeadd("2021-07-04T09:08:07,5Z", "1s")
timeadd("2021-07-04T09:08:07.5Z", "500ms")
formatdate("HH", "2021-07-04T9:08:07Z")
formatdate("HH", "2021-07-04T09:08:07,5Z")
yamldecode("a: [1,\n2]\nb: {\n  x: y\n}\nc: |\n  [\n d: 1")
yamldecode("a: [1,\n2\n]\nb: {\n  x: \"y\n  z\", w: 'q\n'\n}\n")
yamldecode("- [\na, # ]\nb\n]\n- {\na: b\n}")
yamldecode("a: |1\n x")
yamldecode("a: |\n x")
yamldecode("a: >\n x\n y")
yamldecode("a: |1\n x\n")
yamldecode("a: |2-\n   x\n  y")
yamldecode("a: |2+\n   x\n  y\n\n")
yamldecode("|\n x")
yamldecode("|1\n x")
yamldecode("\u2028a")
yamldecode("a\u2028b")
yamldecode("a\u0085b: 1")
yamldecode("\"a\u2028b\"")
yamldecode("a:\u0085  b")
yamldecode("\t")
yamldecode("\ta: 1")
yamldecode("a:\t1")
yamldecode("a: 1\t")
yamldecode("- \ta")
yamldecode(" \ta")
formatlist("%", [])
formatlist("%s %s", [])
formatlist("%d", [], "x")
formatlist("%z", toset([]))
formatlist("%s", [], ["a"])
"\u0378\u200b\u00ad\ue000\u3000\u2003x"
"\u00a0\u180e\ufff9\U000e0001"
"a\tb"
"a\rb"
"\u0000\u001b\u007f\u0080"
{"\u0378" = 1, "a b" = 2, "\t" = 3, "é" = 4}
list("a")
map("a", "b")
range(1025)
range(0, 1024.5)
range(0, 1, 0)
range(1, 0, 1)
range()
range(1, 2, 3, 4)
{a = 1}["a"]
{a = 1}["b"]
{a = 1}.b
{a = 1}["a"]["b"]
[1, 2][2]
[1, 2][-1]
[1, 2][1.5]
[1, 2]["1"]
[1, 2]["x"]
[1, 2][true]
[1, 2][null]
tomap({a = 1})[null]
tomap({"1" = "x"})[1]
tomap({"true" = "x"})[true]
toset([1])[0]
"abc"[0]
null[0]
null.a
tomap({a = 1}).b
tomap({a = 1}).a
[{a = 1}, {a = 2}][*].a
[{a = 1}, {a = 2}].*.a
[{a = [1, 2]}].*.a[0]
[{a = [1, 2]}][*].a[0]
tolist([{a = 1}])[*].a
toset([{a = 1}])[*].a
tolist([])[*].a
null[*]
tolist(null)[*]
"x"[*]
{a = 1}[*]
{a = 1}[*].a
{a = 1}.*.a
tomap({a = 1})[*].a
[[1], [2]][*][0]
[null][*].a
[{a = 1}][*].b
[1, 2].0
[1, 2].5
{for k, v in {a = 1} : k => v}
{for v in ["a", "a"] : v => 1}
{for v in ["a", "a"] : v => 1...}
{for v in ["a", null] : v => 1}
{for v in [1, true] : v => v}
{for v in [[1]] : v => v}
[for v in null : v]
[for v in "abc" : v]
[for v in 5 : v]
[for v in {b = 1, a = 2} : v]
[for k, v in {b = 1, a = 2} : "${k}${v}"]
[for i, v in ["x", "y"] : i]
[for k, v in toset(["x", "y"]) : k]
[for v in [1, 2, 3] : v if v > 1]
[for v in [1] : v if null]
[for v in [1] : v if "true"]
[for v in [1] : v if "x"]
[for v in [1] : v if 1]
{for v in sensitive(["a"]) : v => 1}
[for v in sensitive(["a"]) : v]
[for v in ["a"] : v if sensitive(true)]
{for v in [sensitive("a")] : v => 1}
{a = 1, a = 2}
{(null) = 1}
{(1) = 1, (true) = 2}
{([]) = 1}
{(sensitive("a")) = 1}
{"${"a"}b" = 1}
{true = 1, null = 2, for = 3}
{1 = 2, 1.5 = 3}
{a : 1, b = 2}
"${[1]}"
"${null}"
"a${null}"
"a${[1]}"
"a${true}${1.50}${1e30}"
"%{ if true }a%{ else }b%{ endif }"
"%{ if null }a%{ endif }"
"%{ if "true" }a%{ endif }"
"%{ if 1 }a%{ endif }"
"%{ for v in ["a", "b"] }${v},%{ endfor }"
"%{ for k, v in {a = 1} }${k}=${v}%{ endfor }"
"%{ for v in null }${v}%{ endfor }"
"  ${~ 1 ~}  "
"a  %{~ if true ~}  b  %{~ endif ~}  c"
"\u00e9\U0001F680\n\t\r\"\\"
"$${a} %%{b} $ % $$ %%"
true ? 1 : "a"
true ? [1] : ["a"]
true ? [1] : [1, 2]
true ? [1] : ["a", true]
true ? [1, "a"] : [true]
true ? {a = 1} : {b = 2}
true ? {a = 1} : {b = "x"}
true ? {a = 1} : {a = "x"}
true ? {a = 1} : {b = []}
true ? {} : {a = 1}
true ? [] : [1]
false ? toset([]) : [1]
true ? null : 1
true ? null : null
true ? 1 : null
false ? 1 : [1]
true ? 1 : true
true ? "a" : true
true ? {a = 1} : [1]
true ? tomap({a = 1}) : {b = "x"}
true ? tolist([1]) : ["x"]
true ? toset([1]) : tolist([2])
true ? tolist([1]) : toset([2])
true ? [] : {}
true ? [{a = 1}] : [{b = 1}]
true ? [{a = 1}] : []
true ? tolist([{a = 1}]) : []
null ? 1 : 2
"true" ? 1 : 2
"x" ? 1 : 2
1 ? 1 : 2
[] ? 1 : 2
sensitive(true) ? 1 : 2
true ? sensitive(1) : 2
true ? 1 : [][0]
false ? 1 : [][0]
true ? {a = null} : {a = 1}
true ? {a = 1, b = null} : {a = null, b = "x"}
1 == "1"
1 == 1.0
[1] == [1.0]
[1] == tolist([1])
{a = 1} == {a = 1}
{a = 1} == tomap({a = 1})
toset([1, 2]) == toset([2, 1])
null == null
null == tostring(null)
tostring(null) == tonumber(null)
[] == null
"a" == null
[null] == [null]
true == "true"
0.1 + 0.2 == 0.3
1/3*3 == 1
"e\u0301" == "\u00e9"
1 < "2"
"a" < "b"
null < 1
true < false
[1] < [2]
1 < 2 == true
!true
!"true"
!"x"
!null
!1
-"5"
-"x"
-null
-[]
1 + null
1 + "x"
1 + "2"
1 + true
"a" + "b"
[1] + [2]
5 % 3
-5 % 3
5 % -3
5.5 % 2
-5.5 % 2
1e20 % 7
2 * 0.1
7 / 2
1e-400 * 1e400
true && "true"
true && null
false && null
true || null
false || null
"x" && true
1 && true
true && 1
[] || true
true && false || true
!false && true
- - 1
-(-1)
!!true
(1)
((("a")))
sensitive(1) + 1
sensitive("a") == "a"
sensitive(true) && false
"x${sensitive("y")}"
sensitive({a = 1}).a
sensitive([1])[0]
{a = 1}[sensitive("a")]
[1][sensitive(0)]
sensitive([{a = 1}])[*].a
[sensitive({a = 1})][*].a
nonsensitive(sensitive("a"))
nonsensitive([sensitive("a")])
nonsensitive(nonsensitive(sensitive(sensitive("a"))))
toset(["a", "A", "á", "b", "10", "9", ""])
toset([10, 9, 1e3, -1, 0.5])
toset([[2], [10], [1]])
toset([{a = "b"}, {a = "a"}])
toset([["b"], ["a", "c"]])
toset([null, "a"])
toset([1, "a", true])
toset([[1], ["a"]])
toset([[1], [1, 2]])
toset([{a = 1}, {b = 1}])
toset([{a = 1}, {a = "x"}])
tolist([{a = 1}, {b = 1}])
tolist([{a = 1}, {a = "x", b = 2}])
tolist([[1], []])
tolist([[1], {}])
tolist([1, [1]])
tolist([[1], tolist(["a"])])
tomap({a = 1, b = "x"})
tomap({a = [1], b = ["x"]})
tomap({a = {x = 1}, b = {y = 1}})
tomap({a = 1, b = []})
tomap([1])
tomap("a")
toset("a")
toset({a = 1})
tolist({a = 1})
tolist(1)
tostring([])
tostring(1e30)
tostring(1/3)
tostring(1e-30)
tostring(100000000000000000000000000000000000000000000000000000000000000000000000001)
tostring(0.1)
tostring(-0.0)
tostring(123456789012345678901234567890.123456789)
tobool("TRUE")
tobool("1")
tobool(1)
tobool("")
tobool("yes")
1.7976931348623157e308 * 10
123456789012345678901234567890 * 987654321098765432109876543210
2 * 1.5
10 / 4
1e1000
007
1.10
1E5
1e+5
1e-5
'''.strip().split("\n")


def calls(rng):
    """Calls of each function: the pools of its parameters, some with any value, and plain ones."""
    found = list(PLAIN)
    for name, parameters in FUNCTIONS.items():
        count = 45 + 12 * len(parameters) * len(parameters)
        for pool in parameters:
            if len(parameters) == 1:
                found += ["%s(%s)" % (name, arg) for arg in pool]
        for _ in range(0 if len(parameters) == 1 else count):
            found.append("%s(%s)" % (name, ", ".join(rng.choice(pool) for pool in parameters)))
        for _ in range(14):
            length = max(1, len(parameters) + rng.choice([0, 0, 0, 0, 0, -1, 1]))
            args = [rng.choice(parameters[min(i, len(parameters) - 1)] if rng.random() < 0.4 else ANY) for i in range(length)]
            found.append("%s(%s)" % (name, ", ".join(args)))
    return found


BINARY = "+ - * / % == != < <= > >= && ||".split()


def leaf(rng):
    return rng.choice(rng.choice([S, N, L, M, OTHERS]))


def nested(rng, depth, leaf):
    """A random expression."""
    if depth == 0 or rng.random() < 0.1:
        return leaf(rng)
    sub = lambda: nested(rng, depth - 1, leaf)  # noqa: E731
    kind = rng.randrange(17)
    if kind < 3:
        return "(%s %s %s)" % (sub(), rng.choice(BINARY), sub())
    if kind < 6:
        return "(%s ? %s : %s)" % (rng.choice(["true", "false", sub()]), sub(), sub())
    if kind == 6:
        return "[%s]" % ", ".join(sub() for _ in range(rng.randrange(4)))
    if kind == 7:
        return "{%s}" % ", ".join("%s = %s" % (name, sub()) for name in rng.sample(["a", "b", "c", "d"], rng.randrange(4)))
    if kind == 8:
        return "[for v in %s : %s]" % (sub(), rng.choice(["v", "[v]", "tostring(v)", "{x = v}", sub()]))
    if kind == 9:
        return "{for k, v in %s : k => %s}" % (sub(), rng.choice(["v", "[v]", "k", sub()]))
    if kind == 10:
        return "%s%s" % (sub(), rng.choice(["[0]", "[1]", ".a", "[\"a\"]", "[*]", "[*].a", ".b", ".*.a", ".0", "[*][0]"]))
    if kind == 11:
        return "\"x${%s}y\"" % sub()
    if kind == 12:
        return "%s(%s)" % (rng.choice(["tolist", "toset", "tomap", "tostring", "tonumber", "flatten", "keys", "values", "length", "jsonencode", "sort",
                                       "distinct", "reverse", "yamlencode", "sum", "one", "try", "nonsensitive", "issensitive", "compact"]), sub())
    if kind == 13:
        return "%s(%s, %s)" % (rng.choice(["concat", "merge", "coalesce", "try", "contains", "element", "setunion", "zipmap", "lookup", "setproduct",
                                           "coalescelist", "index", "setsubtract", "setintersection", "join", "max", "formatlist"]), sub(), sub())
    if kind == 14:
        return "[%s, %s][%s]" % (sub(), sub(), rng.choice(["0", "1", sub()]))
    if kind == 15:
        return "format(\"%%v|%s\", %s, %s)" % (rng.choice(["%s", "%v", "%d", "%#v", "%q"]), sub(), sub())
    return rng.choice(["!%s", "-%s", "can(%s)", "jsondecode(jsonencode(%s))", "yamldecode(yamlencode(%s))", "sensitive(%s)"]) % sub()


def expressions(rng):
    """Nested expressions."""
    return [nested(rng, rng.choice([1, 2, 2, 3, 3]), leaf) for _ in range(6000)]


UNKNOWN = ["us", "un", "ub", "ud", "uz", "ul", "um", "ue", "uo", "ut", "uln", "us", "ul"]
PROBES = ["%s", "%s == null", "length(%s)", "[%s]", "tostring(%s)", "%s == \"x\"", "%s == []", "startswith(%s, \"a\")", "%s > 0", "\"a${%s}\"", "tolist(%s)",
          "length(%s) > 0", "length(%s) < 100", "%s == \"abc\"", "[for v in %s : v]", "%s[*]", "try(%s, 1)", "can(%s)", "coalesce(%s, \"d\")", "length(%s) == 0"]


def unknown_leaf(rng):
    if rng.random() < 0.6:
        return rng.choice(UNKNOWN)
    if rng.random() < 0.4:
        return rng.choice(['"abc-${us}"', "[us, \"x\"]", "{a = us, b = 1}", "tolist([us])", "toset([us, \"x\"])", "[un, 2]", "{a = ul}", "uo.a", "ul[0]", "ut[1]", "um.a",
                           "[for v in ul : v]", "abs(un)", "length(ul)", "length(us)", "tomap({a = us})", "jsonencode(ud)", "ul[*]", "null"])
    return rng.choice([e for e in rng.choice([S, N, L, M, OTHERS]) if "sensitive" not in e and "1e100" not in e])


def unknowns(rng):
    """Expressions with unknown values, and what can be known of them."""
    found = []
    for name, parameters in FUNCTIONS.items():
        for _ in range(10 + 4 * len(parameters)):
            at = rng.randrange(len(parameters))
            args = [unknown_leaf(rng) if i == at or rng.random() < 0.3 else rng.choice(pool) for i, pool in enumerate(parameters)]
            if any("sensitive" in arg for arg in args):
                continue
            call = "%s(%s)" % (name, ", ".join(args))
            found.append(rng.choice(PROBES) % call if rng.random() < 0.5 else call)
    for _ in range(2500):
        expr = nested(rng, rng.choice([1, 1, 2, 2, 3]), unknown_leaf)
        found.append(rng.choice(PROBES) % expr if rng.random() < 0.4 else expr)
    return [expr for expr in found if "sensitive" not in expr]
