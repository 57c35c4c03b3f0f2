/* COCO records as columns, at the speed of C and without the interpreter's lock.

   `annotations(text, validity)` and `images(text)` take the text of a list of records without its
   brackets. They know records as COCO's data format page describes them, with any other keys, and
   give up (None) at the first thing that is not so: an id that is a text, a number that is null, a
   key that stands twice, an escape in a key, what is no JSON. Whoever calls them then reads the
   same text by the slower and more patient way, so nothing here has to judge what is wrong.

   The text is followed by a zero byte, as that of every `bytes` is, at which all reading stops; it
   must be valid UTF-8: the caller has looked. Masks that are polygons are worked out here: their points are never kept.
   Masks of other kinds and keypoints are few; only where they stand is said. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 200 };         /* of values under keys that are passed over */
enum { MOST_CORNERS = 512 };    /* of polygons whose sides are compared pair by pair */
enum { MOST_DIGITS = 19 };      /* of numbers that fit into 64 bits */
enum { FAULT_NONE = 0, FAULT_ZERO_AREA = 6 }; /* labelaudit.dataset.tables.MaskFault */

/* Columns that grow. */

typedef struct {
    char *data;
    size_t used, room;
} Column;

static int
grow(Column *column, size_t size)
{
    size_t room = column->room ? column->room : 4096;
    while (room - column->used < size) {
        room *= 2;
    }
    char *grown = realloc(column->data, room);
    if (grown == NULL) {
        return 0;
    }
    column->data = grown;
    column->room = room;
    return 1;
}

static inline void *
more(Column *column, size_t size)
{
    if (column->room - column->used < size && !grow(column, size)) {
        return NULL;
    }
    void *place = column->data + column->used;
    column->used += size;
    return place;
}

/* Append one value; gives up where there is no memory, as at anything else. */
#define PUT(column, type, value)                        \
    do {                                                \
        type *place_ = more(&(column), sizeof(type));   \
        if (place_ == NULL) {                           \
            return 0;                                   \
        }                                               \
        *place_ = (value);                              \
    } while (0)

enum {
    ID, IMAGE_ID, CATEGORY_ID,          /* int64 */
    BOX,                                /* 4 double: left, top, width, height */
    AREA,                               /* double, NaN if not stated */
    CROWD, IGNORE,                      /* uint8 */
    STATED,                             /* int64 num_keypoints, -1 if not stated */
    MASK_ROW, FAULT, EXTENT, INSIDE, PARTS, POINTS, /* of masks that are polygons */
    SUSPECT, SUSPECT_AREA, SUSPECT_POINTS, CORNERS, /* of polygons that may cross themselves */
    MASKS, KEYPOINTS,                   /* 3 int64: row, start and end in the text */
    NAMES,                              /* 2 int64 of images: start and end in the text */
    SIZES,                              /* 2 double of images: width, height */
    COLUMNS
};

/* What stood last in one place of a record: a key with its quotes and its colon. */
typedef struct {
    const char *start;
    size_t length; /* 0 before the first record */
    int key;
} Usual;

enum { PLACES = 16 }; /* of a record; what comes after shares the last one */

typedef struct {
    const char *start, *at, *end;
    int validity;
    Usual usual[PLACES];
    PyThreadState *unlocked; /* while the interpreter's lock is not held */
    int64_t rows;
    Column columns[COLUMNS];
    Column xy; /* of the polygons of one mask */
} Scan;

/* JSON, strictly. Each function moves behind what it reads, or gives 0. */

static inline void
skip_space(Scan *scan)
{
    while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t') {
        scan->at++;
    }
}

static inline int
skip_char(Scan *scan, char wanted)
{
    skip_space(scan);
    int there = *scan->at == wanted;
    scan->at += there;
    return there;
}

static inline int
is_digit(char character)
{
    return (unsigned char)(character - '0') < 10;
}

static int
skip_escape(Scan *scan)
{
    if (scan->end - scan->at < 2) {
        return 0;
    }
    char kind = scan->at[1];
    scan->at += 2;
    if (kind != 'u') {
        return kind != '\0' && strchr("\"\\/bfnrt", kind) != NULL;
    }
    for (int i = 0; i < 4; i++, scan->at++) {
        if (scan->at >= scan->end
            || !(is_digit(*scan->at) || (*scan->at >= 'a' && *scan->at <= 'f')
                 || (*scan->at >= 'A' && *scan->at <= 'F'))) {
            return 0;
        }
    }
    return 1;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Where eight bytes have something that may end a text or change what it says: its top bit is set
   in those that are a quote, a backslash or below 0x20 (Mycroft 1987), and perhaps in later ones. */
static inline uint64_t
special(uint64_t bytes)
{
    uint64_t quote = bytes ^ EACH_BYTE('"'), backslash = bytes ^ EACH_BYTE('\\');
    return (((quote - EACH_BYTE(1)) & ~quote) | ((backslash - EACH_BYTE(1)) & ~backslash)
            | ((bytes - EACH_BYTE(0x20)) & ~bytes))
           & EACH_BYTE(0x80);
}

/* A text from its opening quote on; whether it has escapes is said. */
static int
skip_text(Scan *scan, int *escaped)
{
    *escaped = 0;
    if (!skip_char(scan, '"')) {
        return 0;
    }
    while (scan->at < scan->end) {
        uint64_t bytes;
        while (scan->end - scan->at >= (Py_ssize_t)sizeof(bytes)) {
            memcpy(&bytes, scan->at, sizeof(bytes));
            if (special(bytes)) {
                break;
            }
            scan->at += sizeof(bytes);
        }
        unsigned char here = (unsigned char)*scan->at;
        if (here == '"') {
            scan->at++;
            return 1;
        }
        if (here < 0x20) {
            return 0;
        }
        if (here == '\\') {
            *escaped = 1;
            if (!skip_escape(scan)) {
                return 0;
            }
        }
        else {
            scan->at++;
        }
    }
    return 0;
}

/* A number, read as far as it fits: digits * 10^exponent, or only where it stands. */
typedef struct {
    const char *start;
    uint64_t digits;
    Py_ssize_t count; /* of the digits, but for a zero before the point */
    Py_ssize_t exponent;
    int negative;
    int whole; /* written without point and exponent */
} Number;

static inline const char *
read_digits(const char *at, Number *number)
{
    const char *start = at;
    uint64_t digits = number->digits;
    for (; is_digit(*at); at++) {
        digits = digits * 10 + (uint64_t)(*at - '0');
    }
    number->digits = digits;
    number->count += at - start;
    return at;
}

static inline int
read_number(Scan *scan, Number *number)
{
    skip_space(scan);
    const char *at = scan->at;
    *number = (Number){.start = at, .negative = *at == '-', .whole = 1};
    at += number->negative;
    if (*at == '0') { /* is no digit that counts, and the only one before the point */
        at++;
    }
    else if (!is_digit(*at)) {
        return 0;
    }
    else {
        at = read_digits(at, number);
    }
    if (is_digit(*at)) {
        return 0;
    }
    if (*at == '.') {
        const char *point = ++at;
        at = read_digits(at, number);
        number->whole = 0;
        number->exponent = point - at;
        if (at == point) {
            return 0;
        }
    }
    if (*at == 'e' || *at == 'E') {
        int minus = *++at == '-';
        at += *at == '-' || *at == '+';
        if (!is_digit(*at)) {
            return 0;
        }
        Py_ssize_t exponent = 0;
        for (; is_digit(*at); at++) {
            exponent = exponent < 10000 ? exponent * 10 + (*at - '0') : exponent;
        }
        number->whole = 0;
        number->exponent += minus ? -exponent : exponent;
    }
    scan->at = at;
    return 1;
}

/* What the interpreter reads, for numbers that are not of the usual kind. */
static int
patient_double(Scan *scan, const Number *number, double *value)
{
    size_t length = (size_t)(scan->at - number->start);
    char *text = malloc(length + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, number->start, length);
    text[length] = '\0';
    PyEval_RestoreThread(scan->unlocked);
    *value = PyOS_string_to_double(text, NULL, NULL);
    int failed = PyErr_Occurred() != NULL;
    PyErr_Clear();
    scan->unlocked = PyEval_SaveThread();
    free(text);
    return !failed && isfinite(*value);
}

static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#ifdef __SIZEOF_INT128__
static const uint64_t WHOLE_POWERS[] = {
    1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u,
    10000000000u, 100000000000u, 1000000000000u, 10000000000000u, 100000000000000u,
    1000000000000000u, 10000000000000000u, 100000000000000000u, 1000000000000000000u,
    10000000000000000000u};

/* digits / 10^power to the nearest double, ties to even: long division, and the rest decides. */
static double
divided(uint64_t digits, int power)
{
    uint64_t by = WHOLE_POWERS[power];
    int up = __builtin_clzll(digits), by_up = __builtin_clzll(by);
    digits <<= up;
    by <<= by_up;
    int bits = digits >= by ? 63 : 64; /* so that the quotient has 64 bits, the first of them set */
    unsigned __int128 dividend = (unsigned __int128)digits << bits;
    uint64_t quotient = (uint64_t)(dividend / by);
    int rest = dividend % by != 0;
    uint64_t kept = quotient >> 11, cut = quotient & 0x7FF;
    kept += cut > 0x400 || (cut == 0x400 && (rest || (kept & 1)));
    return ldexp((double)kept, 11 - bits + by_up - up);
}
#endif

static inline int
read_double(Scan *scan, double *value)
{
    Number number;
    if (!read_number(scan, &number)) {
        return 0;
    }
    Py_ssize_t exponent = number.exponent;
    if (number.count > MOST_DIGITS) {
        return patient_double(scan, &number, value);
    }
    if (number.digits == 0) {
        *value = 0.0;
    }
    else if (number.digits <= (UINT64_C(1) << 53) && exponent >= -22 && exponent <= 22) {
        /* Both are exact doubles, so that one rounding is all there is (Clinger 1990). */
        double digits = (double)number.digits;
        *value = exponent < 0 ? digits / POWERS[-exponent] : digits * POWERS[exponent];
    }
#ifdef __SIZEOF_INT128__
    else if (exponent < 0 && exponent >= -19) {
        *value = divided(number.digits, (int)-exponent);
    }
#endif
    else {
        return patient_double(scan, &number, value);
    }
    if (number.negative) {
        *value = -*value;
    }
    return 1;
}

static int
read_whole(Scan *scan, int64_t *value)
{
    Number number;
    if (!read_number(scan, &number) || !number.whole || number.count > 18) {
        return 0;
    }
    *value = number.negative ? -(int64_t)number.digits : (int64_t)number.digits;
    return 1;
}

static int
skip_word(Scan *scan, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0) {
        return 0;
    }
    scan->at += length;
    return 1;
}

static int
skip_value(Scan *scan, int depth)
{
    int escaped;
    Number number;
    skip_space(scan);
    if (scan->at >= scan->end || depth > DEEPEST) {
        return 0;
    }
    char first = *scan->at;
    switch (first) {
    case '"':
        return skip_text(scan, &escaped);
    case 't':
        return skip_word(scan, "true");
    case 'f':
        return skip_word(scan, "false");
    case 'n':
        return skip_word(scan, "null");
    case '[':
    case '{':
        break;
    default:
        return read_number(scan, &number);
    }
    char last = first == '[' ? ']' : '}';
    scan->at++;
    if (skip_char(scan, last)) {
        return 1;
    }
    do {
        if (first == '{' && !(skip_text(scan, &escaped) && skip_char(scan, ':'))) {
            return 0;
        }
        if (!skip_value(scan, depth + 1)) {
            return 0;
        }
    } while (skip_char(scan, ','));
    return skip_char(scan, last);
}

/* Polygons. */

typedef struct {
    double left, top, right, bottom; /* extent */
    double area;                     /* of all, each taken positive */
    int32_t parts, points;
} PolygonMask;

/* Twice the signed area: Gauss's shoelace formula. */
static double
twice_area(const double *xy, size_t points)
{
    size_t last = 2 * (points - 1);
    double sum = 0;
    for (size_t i = 0; i < last; i += 2) {
        double product = xy[i] * xy[i + 3] - xy[i + 2] * xy[i + 1];
        sum = i ? sum + product : product;
    }
    return sum + (xy[last] * xy[1] - xy[0] * xy[last + 1]);
}

static inline double
turn(const double *a, const double *b, const double *c)
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* Whether the ends of a side are not both on one side of the line through another. */
static inline int
straddles(const double *line, const double *side)
{
    double first = turn(line, line + 2, side), second = turn(line, line + 2, side + 2);
    return !((first > 0 && second > 0) || (first < 0 && second < 0));
}

/* The corners of a polygon without those that stand twice in a row, the first one again at the end;
   gives how many there are without that one. */
static size_t
corners_of(const double *xy, size_t points, double *corners)
{
    size_t count = 0;
    for (size_t i = 0; i < points; i++, xy += 2) {
        if (!count || corners[2 * count - 2] != xy[0] || corners[2 * count - 1] != xy[1]) {
            corners[2 * count] = xy[0];
            corners[2 * count++ + 1] = xy[1];
        }
    }
    while (count > 1 && corners[2 * count - 2] == corners[0] && corners[2 * count - 1] == corners[1]) {
        count--;
    }
    corners[2 * count] = corners[0];
    corners[2 * count + 1] = corners[1];
    return count;
}

/* Whether a polygon can be seen whole from the mean of its points: around that, its corners turn
   always the same way, and once. Then it cannot cross itself, and this is found in no time. */
static int
is_star(const double *corners, size_t count)
{
    double x = 0, y = 0;
    for (size_t i = 0; i < count; i++) {
        x += corners[2 * i];
        y += corners[2 * i + 1];
    }
    x /= (double)count;
    y /= (double)count;
    size_t left = 0, right = 0, rounds = 0;
    for (size_t i = 0; i < count; i++) {
        const double *side = corners + 2 * i;
        double u = side[0] - x, v = side[1] - y, next_u = side[2] - x, next_v = side[3] - y;
        double turned = u * next_v - next_u * v;
        left += turned > 0;
        right += turned < 0;
        rounds += (v < 0) & (next_v >= 0);
    }
    return (left == count || right == count) && rounds == 1;
}

/* Whether two sides of a polygon meet that are no neighbours. If none do, it is a simple one; if
   some do, it may only touch itself, which others look at more closely. */
static int
may_cross(const double *xy, size_t points)
{
    double corners[2 * (MOST_CORNERS + 1)];
    double left[MOST_CORNERS], right[MOST_CORNERS], top[MOST_CORNERS], bottom[MOST_CORNERS];
    if (points > MOST_CORNERS) {
        return 1;
    }
    size_t count = corners_of(xy, points, corners);
    if (is_star(corners, count)) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        const double *side = corners + 2 * i;
        left[i] = side[0] < side[2] ? side[0] : side[2];
        right[i] = side[0] < side[2] ? side[2] : side[0];
        top[i] = side[1] < side[3] ? side[1] : side[3];
        bottom[i] = side[1] < side[3] ? side[3] : side[1];
    }
    for (size_t i = 0; i + 2 < count; i++) {
        const double *side = corners + 2 * i;
        double l = left[i], r = right[i], t = top[i], b = bottom[i];
        for (size_t j = i + 2; j < count - (i == 0); j++) {
            if ((left[j] <= r) & (right[j] >= l) & (top[j] <= b) & (bottom[j] >= t)
                && straddles(side, corners + 2 * j) && straddles(corners + 2 * j, side)) {
                return 1;
            }
        }
    }
    return 0;
}

static int
put_suspect(Scan *scan, const double *xy, size_t points, double area)
{
    Column *columns = scan->columns;
    size_t size = 2 * points * sizeof(double);
    /* Polygons are put before the mask that they belong to. */
    PUT(columns[SUSPECT], int64_t, (int64_t)(columns[MASK_ROW].used / sizeof(int32_t)));
    PUT(columns[SUSPECT_AREA], double, area);
    PUT(columns[SUSPECT_POINTS], int64_t, (int64_t)points);
    void *place = more(&columns[CORNERS], size);
    if (place == NULL) {
        return 0;
    }
    memcpy(place, xy, size);
    return 1;
}

static int
put_mask(Scan *scan, const PolygonMask *mask)
{
    Column *columns = scan->columns;
    PUT(columns[MASK_ROW], int32_t, (int32_t)scan->rows);
    PUT(columns[FAULT], uint8_t, mask->area == 0 ? FAULT_ZERO_AREA : FAULT_NONE);
    PUT(columns[EXTENT], double, mask->left);
    PUT(columns[EXTENT], double, mask->top);
    PUT(columns[EXTENT], double, mask->right);
    PUT(columns[EXTENT], double, mask->bottom);
    PUT(columns[INSIDE], double, mask->area);
    PUT(columns[PARTS], int32_t, mask->parts);
    PUT(columns[POINTS], int32_t, mask->points);
    return 1;
}

static void
widen(PolygonMask *mask, const double *xy, size_t points)
{
    for (size_t i = 0; i < 2 * points; i += 2) {
        mask->left = xy[i] < mask->left ? xy[i] : mask->left;
        mask->right = xy[i] > mask->right ? xy[i] : mask->right;
        mask->top = xy[i + 1] < mask->top ? xy[i + 1] : mask->top;
        mask->bottom = xy[i + 1] > mask->bottom ? xy[i + 1] : mask->bottom;
    }
}

/* The numbers of a list; `count` is how many. */
static int
read_numbers(Scan *scan, size_t *count)
{
    scan->xy.used = 0;
    if (!skip_char(scan, '[')) {
        return 0;
    }
    if (!skip_char(scan, ']')) {
        do {
            double *place = more(&scan->xy, sizeof(double));
            if (place == NULL || !read_double(scan, place)) {
                return 0;
            }
        } while (skip_char(scan, ','));
        if (!skip_char(scan, ']')) {
            return 0;
        }
    }
    *count = scan->xy.used / sizeof(double);
    return 1;
}

/* The polygons of one object. `is_valid` is whether each has three whole points at least; if not,
   nothing is put, and others say what is wrong. */
static int
read_polygons(Scan *scan, int *is_valid)
{
    Column *columns = scan->columns;
    size_t suspects = columns[SUSPECT].used, corners = columns[CORNERS].used;
    PolygonMask mask = {INFINITY, INFINITY, -INFINITY, -INFINITY, 0, 0, 0};
    *is_valid = 1;
    do {
        size_t count;
        if (!read_numbers(scan, &count)) {
            return 0;
        }
        if (count < 6 || count % 2) {
            *is_valid = 0;
            continue;
        }
        const double *xy = (const double *)scan->xy.data;
        size_t points = count / 2;
        double twice = twice_area(xy, points), area = fabs(twice) / 2;
        widen(&mask, xy, points);
        mask.area = mask.parts ? mask.area + area : area;
        mask.parts++;
        mask.points += (int32_t)points;
        if (scan->validity && isfinite(twice) && may_cross(xy, points)
            && !put_suspect(scan, xy, points, area)) {
            return 0;
        }
    } while (skip_char(scan, ','));
    if (!skip_char(scan, ']')) {
        return 0;
    }
    if (!*is_valid) {
        columns[SUSPECT].used = columns[SUSPECT_AREA].used = suspects;
        columns[SUSPECT_POINTS].used = suspects;
        columns[CORNERS].used = corners;
        return 1;
    }
    return put_mask(scan, &mask);
}

static int
put_span(Scan *scan, int column, const char *start)
{
    PUT(scan->columns[column], int64_t, scan->rows);
    PUT(scan->columns[column], int64_t, (int64_t)(start - scan->start));
    PUT(scan->columns[column], int64_t, (int64_t)(scan->at - scan->start));
    return 1;
}

static int
read_mask(Scan *scan)
{
    int is_valid;
    skip_space(scan);
    const char *start = scan->at;
    if (*start == '{') {
        return skip_value(scan, 0) && put_span(scan, MASKS, start);
    }
    if (!skip_char(scan, '[')) {
        return 0;
    }
    if (skip_char(scan, ']')) {
        return 1; /* no mask */
    }
    if (!read_polygons(scan, &is_valid)) {
        return 0;
    }
    return is_valid || put_span(scan, MASKS, start);
}

/* Records of any kind. */

enum { MOST_KEYS = 10 };

typedef struct {
    const char *text;
    size_t length;
} Key;

#define KEY(text) {text, sizeof(text) - 1}

typedef struct {
    Key keys[MOST_KEYS];
    unsigned required; /* one bit a key */
    int (*read)(Scan *scan, int key, void *record); /* MOST_KEYS for a key that is none of these */
    int (*put)(Scan *scan, const void *record);
} Kind;

static int
key_of(const Kind *kind, const char *text, size_t length)
{
    for (int key = 0; key < MOST_KEYS && kind->keys[key].text; key++) {
        if (kind->keys[key].length == length && memcmp(kind->keys[key].text, text, length) == 0) {
            return key;
        }
    }
    return MOST_KEYS;
}

/* Whether two texts are the same; for short ones that stand in longer ones. */
static inline int
same(const char *one, const char *other, size_t length)
{
    uint64_t a, b;
    for (; length >= sizeof(a); length -= sizeof(a), one += sizeof(a), other += sizeof(a)) {
        memcpy(&a, one, sizeof(a));
        memcpy(&b, other, sizeof(b));
        if (a != b) {
            return 0;
        }
    }
    for (; length; length--, one++, other++) {
        if (*one != *other) {
            return 0;
        }
    }
    return 1;
}

/* A key with its quotes and its colon. Mostly it is the one that stood in this place of the record
   before, which is `usual`, and then not looked at any further. */
static int
read_key(Scan *scan, const Kind *kind, Usual *usual, int *key)
{
    int escaped;
    skip_space(scan);
    const char *start = scan->at;
    if (usual->length && (size_t)(scan->end - start) >= usual->length
        && same(start, usual->start, usual->length)) {
        scan->at += usual->length;
        *key = usual->key;
        return 1;
    }
    if (!skip_text(scan, &escaped) || escaped) {
        return 0;
    }
    *key = key_of(kind, start + 1, (size_t)(scan->at - start - 2));
    if (!skip_char(scan, ':')) {
        return 0;
    }
    *usual = (Usual){start, (size_t)(scan->at - start), *key};
    return 1;
}

static int
read_record(Scan *scan, const Kind *kind, void *record)
{
    unsigned seen = 0;
    int place = 0, key;
    if (!skip_char(scan, '{')) {
        return 0;
    }
    do {
        if (!read_key(scan, kind, &scan->usual[place], &key)) {
            return 0;
        }
        place += place < PLACES - 1;
        unsigned bit = key < MOST_KEYS ? 1u << key : 0;
        if (seen & bit || !kind->read(scan, key, record)) {
            return 0;
        }
        seen |= bit;
    } while (skip_char(scan, ','));
    return skip_char(scan, '}') && (seen & kind->required) == kind->required
           && kind->put(scan, record);
}

/* Annotations. */

typedef struct {
    int64_t ids[3]; /* id, image_id, category_id */
    double box[4], area;
    int64_t crowd, ignore, stated;
} Annotation;

static int
read_box(Scan *scan, double *box)
{
    for (int side = 0; side < 4; side++) {
        if (!skip_char(scan, side ? ',' : '[') || !read_double(scan, &box[side])) {
            return 0;
        }
    }
    return skip_char(scan, ']');
}

static int
read_keypoints(Scan *scan)
{
    skip_space(scan);
    const char *start = scan->at;
    return *start == '[' && skip_value(scan, 0) && put_span(scan, KEYPOINTS, start);
}

static int
read_annotation(Scan *scan, int key, void *record)
{
    Annotation *annotation = record;
    switch (key) {
    case 0:
    case 1:
    case 2:
        return read_whole(scan, &annotation->ids[key]);
    case 3:
        return read_box(scan, annotation->box);
    case 4:
        return read_double(scan, &annotation->area);
    case 5:
        return read_whole(scan, &annotation->crowd) && annotation->crowd >> 1 == 0;
    case 6:
        return read_whole(scan, &annotation->ignore) && annotation->ignore >> 1 == 0;
    case 7:
        return read_whole(scan, &annotation->stated) && annotation->stated >= 0;
    case 8:
        return read_mask(scan);
    case 9:
        return read_keypoints(scan);
    default:
        return skip_value(scan, 0);
    }
}

static int
put_annotation(Scan *scan, const void *record)
{
    const Annotation *annotation = record;
    Column *columns = scan->columns;
    PUT(columns[ID], int64_t, annotation->ids[0]);
    PUT(columns[IMAGE_ID], int64_t, annotation->ids[1]);
    PUT(columns[CATEGORY_ID], int64_t, annotation->ids[2]);
    for (int side = 0; side < 4; side++) {
        PUT(columns[BOX], double, annotation->box[side]);
    }
    PUT(columns[AREA], double, annotation->area);
    PUT(columns[CROWD], uint8_t, (uint8_t)annotation->crowd);
    PUT(columns[IGNORE], uint8_t, (uint8_t)annotation->ignore);
    PUT(columns[STATED], int64_t, annotation->stated);
    scan->rows++;
    return 1;
}

static const Kind ANNOTATION = {
    .keys = {KEY("id"), KEY("image_id"), KEY("category_id"), KEY("bbox"), KEY("area"),
             KEY("iscrowd"), KEY("ignore"), KEY("num_keypoints"), KEY("segmentation"),
             KEY("keypoints")},
    .required = 0xF,
    .read = read_annotation,
    .put = put_annotation,
};

static int
read_annotations(Scan *scan)
{
    do {
        Annotation annotation = {.area = NAN, .stated = -1};
        if (!read_record(scan, &ANNOTATION, &annotation)) {
            return 0;
        }
    } while (skip_char(scan, ','));
    return scan->at == scan->end;
}

/* Images. */

typedef struct {
    int64_t id, sides[2]; /* width and height */
    int64_t name[2];      /* start and end in the text, without quotes */
} Image;

static int
read_name(Scan *scan, int64_t *name)
{
    int escaped, blank = 1;
    skip_space(scan);
    const char *start = scan->at + 1;
    if (!skip_text(scan, &escaped) || escaped) {
        return 0;
    }
    for (const char *at = start; at < scan->at - 1 && blank; at++) {
        blank = *at == ' ' || (unsigned char)*at >= 0x80; /* perhaps: others know all of Unicode */
    }
    name[0] = start - scan->start;
    name[1] = scan->at - 1 - scan->start;
    return !blank;
}

static int
read_image(Scan *scan, int key, void *record)
{
    Image *image = record;
    switch (key) {
    case 0:
        return read_whole(scan, &image->id);
    case 1:
        return read_name(scan, image->name);
    case 2:
    case 3:
        return read_whole(scan, &image->sides[key - 2]);
    default:
        return skip_value(scan, 0);
    }
}

static int
put_image(Scan *scan, const void *record)
{
    const Image *image = record;
    PUT(scan->columns[ID], int64_t, image->id);
    for (int i = 0; i < 2; i++) {
        PUT(scan->columns[NAMES], int64_t, image->name[i]);
        PUT(scan->columns[SIZES], double, (double)image->sides[i]);
    }
    scan->rows++;
    return 1;
}

static const Kind IMAGE = {
    .keys = {KEY("id"), KEY("file_name"), KEY("width"), KEY("height")},
    .required = 0xF,
    .read = read_image,
    .put = put_image,
};

static int
read_images(Scan *scan)
{
    do {
        Image image;
        if (!read_record(scan, &IMAGE, &image)) {
            return 0;
        }
    } while (skip_char(scan, ','));
    return scan->at == scan->end;
}

/* The module. */

static PyObject *
bytes_of(const Column *column)
{
    return PyBytes_FromStringAndSize(column->data, (Py_ssize_t)column->used);
}

static PyObject *
annotation_columns(const Scan *scan)
{
    PyObject *columns = PyTuple_New(NAMES);
    for (int number = 0; columns != NULL && number < NAMES; number++) {
        PyObject *bytes = bytes_of(&scan->columns[number]);
        if (bytes == NULL || PyTuple_SetItem(columns, number, bytes) < 0) {
            Py_CLEAR(columns);
        }
    }
    return columns;
}

static PyObject *
image_columns(const Scan *scan)
{
    const int64_t *places = (const int64_t *)scan->columns[NAMES].data;
    PyObject *names = PyList_New(scan->rows);
    for (int64_t row = 0; names != NULL && row < scan->rows; row++, places += 2) {
        PyObject *name = PyUnicode_FromStringAndSize(scan->start + places[0], places[1] - places[0]);
        if (name == NULL || PyList_SetItem(names, row, name) < 0) {
            Py_CLEAR(names);
        }
    }
    if (names == NULL) {
        return NULL;
    }
    PyObject *ids = bytes_of(&scan->columns[ID]), *sizes = bytes_of(&scan->columns[SIZES]);
    PyObject *columns = ids && sizes ? PyTuple_Pack(3, ids, names, sizes) : NULL;
    Py_XDECREF(ids);
    Py_XDECREF(sizes);
    Py_DECREF(names);
    return columns;
}

static PyObject *
scanned(PyObject *text, int validity, int (*read)(Scan *), PyObject *(*columns)(const Scan *))
{
    Scan scan = {.validity = validity};
    Py_ssize_t length;
    char *start;
    if (PyBytes_AsStringAndSize(text, &start, &length) < 0) {
        return NULL;
    }
    scan.start = scan.at = start;
    scan.end = start + length;
    scan.unlocked = PyEval_SaveThread();
    int is_valid = read(&scan);
    PyEval_RestoreThread(scan.unlocked);
    PyObject *found = is_valid ? columns(&scan) : Py_NewRef(Py_None);
    for (int number = 0; number < COLUMNS; number++) {
        free(scan.columns[number].data);
    }
    free(scan.xy.data);
    return found;
}

static PyObject *
annotations(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *text;
    int validity;
    if (!PyArg_ParseTuple(arguments, "Sp:annotations", &text, &validity)) {
        return NULL;
    }
    return scanned(text, validity, read_annotations, annotation_columns);
}

static PyObject *
images(PyObject *Py_UNUSED(module), PyObject *text)
{
    return scanned(text, 0, read_images, image_columns);
}

PyDoc_STRVAR(annotations_doc,
             "annotations(text, validity, /)\n--\n\n"
             "The columns of the annotation records in `text`, a list without its brackets, or\n"
             "None if one of them is unusual. The module `scanning` gives them their names.");

PyDoc_STRVAR(images_doc,
             "images(text, /)\n--\n\n"
             "Ids, names and sizes of the image records in `text`, a list without its brackets,\n"
             "or None if one of them is unusual.");

static PyMethodDef METHODS[] = {
    {"annotations", annotations, METH_VARARGS, annotations_doc},
    {"images", images, METH_O, images_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_scanner",
    .m_doc = "COCO records as columns.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__scanner(void)
{
    return PyModule_Create(&MODULE);
}
