#!/usr/bin/env python3
"""Writes common_passwords.inc: passwords that are tried first. docs/decisions/common-passwords.md says where they come from.

Usage: make_common_passwords.py LIST > common_passwords.inc
LIST: a password per line, plain or .gz, such as django/contrib/auth/common-passwords.txt.gz (BSD-3-Clause).
"""
import gzip
import itertools
import pathlib
import sys

MIN_CHARS, MAX_CHARS = 8, 32

# What Chinese leaks hold beside English ones: words and surnames in pinyin, rows of keys, and the numbers put to them.
WORDS = """a aa aaa ab abc abcd abcde asd asdf asdfg qq qqq qw qwe qwer qwert q w z x zx zxc zxcv wo ni woai woaini woaiwo woaini
woaiziji aini ainia wohenni wobuaini woshishui woaimama woaibaba woaiwojia woaizhongguo zhongguo china beijing laoshi xuexiao
xuesheng jiaoshi tianwang nihao hello mima mima123 admin root test guest user teacher student school love iloveyou iloveu
wang zhang li liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang feng yu
dong xiao cheng cao yuan deng xuxu fu shen zeng peng lv su lu jiang cai jia ding wei xue ye yan pan du dai xia zhong tian
ren fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long wan duan qian yin yi
chang wusheng""".split()
NUMBERS = """1 12 123 1234 12345 123456 1234567 12345678 123456789 123123 321 654321 520 521 1314 1314520 5201314 7758521 147258
111111 112233 000000 666 666666 888 888888 999 2020 2021 2022 2023 2024 2025 2026""".split()
ROWS = ["1234567890", "0987654321", "qwertyuiop", "poiuytrewq", "asdfghjkl", "lkjhgfdsa", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz",
        "1qaz2wsx3edc4rfv", "qazwsxedcrfv", "q1w2e3r4t5y6", "1q2w3e4r5t6y", "zaq12wsx", "147258369", "789456123"]
# Of this system, and of schools.
PLACES = ["duet", "duetduet", "shuangshi", "shuangshiketang", "zhuandiketang", "ketang", "jiaoyuju", "dianjiao", "xinxi"]


# Of the first list of this project; some stand in the others, too.
MORE = """00000000a 0123456789a 0987654321 1234567890a 123456789a 123456789aa 123456789abc 123456789q 123456789qq 123456789z
12345678a 12345678abc 12345678q 123456abc 123456abcd 123456aa 123456asd 123456qq 123456qwe 123456qwerty
123456zxc 1234abcd 1234qwer 123698745 12369874 123abc123 123qwe123 123qweasd 123qweasdzxc 147258369
147852369 159357456 159753456 1a2b3c4d 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2
20082008 520131400 5201314a 52013140 521521521 5211314a 741852963 7758258a 77585210 7758521a
789456123 87654321 963852741 987654321 a1234567 a12345678 a123456789 a1b2c3d4 aa123456 aa12345678
aa123456789 aaa123456 abc12345 abc123456 abc123456789 abcd1234 abcd123456 abcde12345 adgjmptw admin123
admin1234 admin12345 admin123456 administrator adminadmin alexander anthony1 asd123456 asdasdasd asdf1234
asdfasdf asdfghjk asdfghjkl asdqwe123 baseball basketball benjamin blink182 bubbles1 butterfly
caonima123 changeme charlie1 chocolate christian classroom computer computer1 danielle december
dearbook dragon123 einstein elizabeth everyday f00tball facebook flower123 football football1
freedom1 friendship gfhjkm123 google123 hello123 hello1234 helloworld iloveyou iloveyou1 iloveyou2
iloveyou520 internet jennifer jiaoshi123 jonathan jordan23 justin01 kaixin123 laoshi123 letmein1
letmein123 liverpool lovelove loveyou1 manchester marlboro master123 maverick mercedes michelle
michael1 midnight mima1234 mima123456 mnbvcxz1 monkey123 mustang1 newpassword nicholas nihao123
nihaoma123 november p@ssw0rd p@ssword pa55word pass1234 passw0rd password password1 password12
password123 password1234 password2 patricia pokemon1 princess princess1 q1w2e3r4 q1w2e3r4t5 qaz123456
qazwsx123 qazwsxedc qazwsxedcrfv qq123456 qq123456789 qq5201314 qwe123456 qweasd123 qweasdzxc qwer1234
qwert123 qwert12345 qwerty12 qwerty123 qwerty1234 qwerty123456 qwertyui qwertyuiop q123456789 samantha
school123 secret123 shadow123 shuangshi shuangshi123 snowball spiderman starwars sunshine sunshine1
superman superman1 teacher1 teacher123 test1234 test12345 test123456 thailand tiankong trustno1
veronica victoria w123456789 wang1234 wangyut2 welcome1 welcome123 whatever william1 woaini123
woaini1314 woaini1314520 woaini520 woaini521 wobuzhidao wodemima woshishui xiaoming123 xiaoxue123 xuexi123
xuexiao123 yamaha123 z123456789 zaq12wsx zhang123 zhongguo zhongguo123 zxc123456 zxcvbnm1 zxcvbnm123
zxcvbnm,./""".split()


def listed(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [line.strip() for line in file]


def combined():
    for word, number in itertools.product(WORDS + PLACES, NUMBERS):
        yield word + number
        yield word + "@" + number
    for word, number in itertools.product(WORDS[:30], NUMBERS):
        yield number + word
    yield from MORE
    for word in WORDS + PLACES:
        yield word
        yield word + word
    for row in ROWS:
        for begin, end in itertools.combinations(range(len(row) + 1), 2):
            yield row[begin:end]
            yield row[begin:end] * 2


def usable(password):
    """Numbers need no row: passwords.c refuses all that are short enough to be remembered."""
    return MIN_CHARS <= len(password) <= MAX_CHARS and password.isascii() and password.isprintable() and not password.isdigit()


def main():
    found = {password.lower() for password in itertools.chain(listed(pathlib.Path(sys.argv[1])), combined()) if usable(password)}
    print("/* Made by make_common_passwords.py; sorted by bytes. */")
    for password in sorted(found):
        print('"' + password.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?") + '",')


main()
