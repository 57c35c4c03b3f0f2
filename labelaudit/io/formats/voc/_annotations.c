/* The texts of annotations that are elements and plain ASCII alone; `plain_files` does the rest.

   `add(contents, first, columns, numbers, words)` walks over the bytes of each file once, follows its
   elements and appends the texts of the fields to the columns. What it appends is what `Texts.add`
   does. It gives up on whatever that would have anything to note about, and on files that hold more
   than elements: comments, CDATA, entities, document types, other encodings. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>
#include <string.h>

enum { FILENAME, WIDTH, HEIGHT, NAME, DIFFICULT, XMIN, YMIN, XMAX, YMAX, FIELDS };
enum { SIZE = FIELDS, OBJECT, BOX, ROOT, OTHER };
enum { OF_IMAGE = 3, OF_OBJECT = 6, DEEPEST = 32, SMALL = 10000 };

#define SEEN(which) (1u << (which))
#define CORNERS (SEEN(XMIN) | SEEN(YMIN) | SEEN(XMAX) | SEEN(YMAX))

typedef struct {
    const char *text; /* NULL where the field is absent */
    Py_ssize_t count;
} Span;

typedef struct {
    const char *name;
    size_t length;
    int kind;
} Open;

typedef struct {
    const char *at, *end;
    Open open[DEEPEST];
    int depth;
    unsigned seen; /* fields and parts of the image, and of the object that is open */
    Span image[OF_IMAGE];
    Span *object; /* `OF_OBJECT` fields of each */
    Py_ssize_t objects, room;
} Walk;

static int
is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static int
begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
is_of_name(char c)
{
    return begins_name(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static void
skip_blanks(Walk *walk)
{
    while (walk->at < walk->end && is_blank(*walk->at)) {
        walk->at++;
    }
}

/* Whether these words stand here, in any case of their letters; they are passed over. */
static int
takes(Walk *walk, const char *words)
{
    size_t length = strlen(words);
    if ((size_t)(walk->end - walk->at) < length) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        char c = walk->at[i];
        if (c != words[i] && !(c >= 'A' && c <= 'Z' && c + 32 == words[i])) {
            return 0;
        }
    }
    walk->at += length;
    return 1;
}

/* Whether there are no bytes that mean more than themselves: entities, other scripts, controls. */
static int
is_plain(const unsigned char *text, Py_ssize_t count)
{
    unsigned char odd = 0; /* no jump in the loop: the compiler looks at 16 bytes at once */
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned char c = text[i];
        unsigned char control = (c < 32) & (c != '\n') & (c != '\t') & (c != '\r');
        odd |= control | (c == '&') | (c > 126);
    }
    return !odd;
}

/* Passes over the declaration of XML 1.0 in an encoding in which ASCII means itself. */
static int
take_declaration(Walk *walk)
{
    if (walk->end - walk->at < 5 || memcmp(walk->at, "<?xml", 5) != 0) {
        return 1;
    }
    walk->at += 5;
    const char *start = walk->at;
    skip_blanks(walk);
    if (walk->at == start || walk->end - walk->at < 13 || memcmp(walk->at, "version=", 8) != 0) {
        return 0;
    }
    walk->at += 8;
    if (!takes(walk, "\"1.0\"") && !takes(walk, "'1.0'")) {
        return 0;
    }
    start = walk->at;
    skip_blanks(walk);
    if (walk->at > start && walk->end - walk->at > 9 && memcmp(walk->at, "encoding=", 9) == 0) {
        walk->at += 9;
        if (!takes(walk, "\"utf-8\"") && !takes(walk, "'utf-8'") && !takes(walk, "\"us-ascii\"")
            && !takes(walk, "'us-ascii'") && !takes(walk, "\"iso-8859-1\"")
            && !takes(walk, "'iso-8859-1'")) {
            return 0;
        }
        skip_blanks(walk);
    }
    return takes(walk, "?>");
}

/* Takes one attribute, if there is one, whose name means nothing to XML. */
static int
take_attribute(Walk *walk)
{
    if (walk->at >= walk->end || !begins_name(*walk->at)) {
        return 1;
    }
    if (takes(walk, "xml")) {
        return 0;
    }
    while (walk->at < walk->end && is_of_name(*walk->at)) {
        walk->at++;
    }
    skip_blanks(walk);
    if (!takes(walk, "=")) {
        return 0;
    }
    skip_blanks(walk);
    char quote = walk->at < walk->end ? *walk->at++ : 0;
    if (quote != '"' && quote != '\'') {
        return 0;
    }
    while (walk->at < walk->end && *walk->at != quote) {
        if (*walk->at == '<' || *walk->at == '>') {
            return 0;
        }
        walk->at++;
    }
    return takes(walk, quote == '"' ? "\"" : "'");
}

static int
is(const Open *element, const char *name)
{
    return element->length == strlen(name) && memcmp(element->name, name, element->length) == 0;
}

/* Whether an element is called so but for the case of its letters. */
static int
is_nearly(const Open *element, const char *name)
{
    if (element->length != strlen(name)) {
        return 0;
    }
    for (size_t i = 0; i < element->length; i++) {
        if ((element->name[i] | 32) != name[i]) { /* all of them are small letters */
            return 0;
        }
    }
    return 1;
}

/* What an element is that has another name than those read; -1 if only letter case is other. */
static int
other(const Open *element, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (is_nearly(element, *names)) {
            return -1;
        }
    }
    return OTHER;
}

/* What an element is in one of a kind; -1 if it must not be there. */
static int
kind_in(int parent, const Open *element)
{
    static const char *const of_root[] = {"object", "size", "filename", NULL};
    static const char *const of_size[] = {"width", "height", NULL};
    static const char *const of_object[] = {"name", "difficult", "bndbox", NULL};
    switch (parent) {
    case ROOT:
        return is(element, "object") ? OBJECT
               : is(element, "size") ? SIZE
               : is(element, "filename") ? FILENAME
                                         : other(element, of_root);
    case SIZE:
        return is(element, "width") ? WIDTH
               : is(element, "height") ? HEIGHT
                                       : other(element, of_size);
    case OBJECT:
        return is(element, "name") ? NAME
               : is(element, "difficult") ? DIFFICULT
               : is(element, "bndbox") ? BOX
                                       : other(element, of_object);
    case BOX:
        return is(element, "xmin") ? XMIN
               : is(element, "ymin") ? YMIN
               : is(element, "xmax") ? XMAX
               : is(element, "ymax") ? YMAX
                                     : -1;
    case OTHER:
        return OTHER;
    default: /* a field holds text alone */
        return -1;
    }
}

/* Another object, without any field; 0 if there is no memory. */
static int
add_object(Walk *walk)
{
    if (walk->objects == walk->room) {
        Py_ssize_t room = walk->room ? 2 * walk->room : 16;
        Span *object = realloc(walk->object, (size_t)room * OF_OBJECT * sizeof(Span));
        if (object == NULL) {
            return 0;
        }
        walk->object = object;
        walk->room = room;
    }
    memset(walk->object + walk->objects++ * OF_OBJECT, 0, OF_OBJECT * sizeof(Span));
    walk->seen &= SEEN(FILENAME) | SEEN(WIDTH) | SEEN(HEIGHT) | SEEN(SIZE);
    return 1;
}

static Span *
field(Walk *walk, int kind)
{
    return kind < OF_IMAGE ? walk->image + kind
                           : walk->object + (walk->objects - 1) * OF_OBJECT + kind - OF_IMAGE;
}

/* Takes in an element that opens. */
static int
enter(Walk *walk, Open *element)
{
    if (walk->depth == DEEPEST) {
        return 0;
    }
    if (walk->depth == 0) {
        element->kind = is(element, "annotation") ? ROOT : -1;
    } else {
        element->kind = kind_in(walk->open[walk->depth - 1].kind, element);
    }
    if (element->kind < 0 || (element->kind < OBJECT && walk->seen & SEEN(element->kind))
        || (element->kind == BOX && walk->seen & SEEN(BOX))) {
        return 0;
    }
    if (element->kind == OBJECT) {
        if (!add_object(walk)) {
            return 0;
        }
    } else if (element->kind <= BOX) {
        walk->seen |= SEEN(element->kind);
    }
    walk->open[walk->depth++] = *element;
    return 1;
}

/* Takes in that an element ends, whose last text is given. */
static int
leave(Walk *walk, const char *text, Py_ssize_t count)
{
    int kind = walk->open[--walk->depth].kind;
    if (kind == OBJECT) {
        return (walk->seen & CORNERS) == CORNERS;
    }
    if (kind == ROOT) {
        return (walk->seen & SEEN(SIZE)) != 0;
    }
    if (kind < FIELDS) {
        if (memchr(text, '\r', (size_t)count) != NULL) {
            return 0;
        }
        *field(walk, kind) = (Span){text, count};
    }
    return 1;
}

/* Passes over the rest of the tag that ends the last element, whose `</` was passed over. */
static int
take_end(Walk *walk)
{
    if (walk->depth == 0) {
        return 0;
    }
    const Open *last = walk->open + walk->depth - 1;
    if ((size_t)(walk->end - walk->at) < last->length
        || memcmp(walk->at, last->name, last->length) != 0) {
        return 0;
    }
    walk->at += last->length;
    skip_blanks(walk);
    return takes(walk, ">");
}

/* Takes in a tag, whose `<` was passed over; `text` is what stood before it. */
static int
take_tag(Walk *walk, const char *text, Py_ssize_t count)
{
    if (takes(walk, "/")) {
        return take_end(walk) && leave(walk, text, count);
    }
    Open element = {walk->at, 0, OTHER};
    if (walk->at >= walk->end || !begins_name(*walk->at)) {
        return 0;
    }
    while (walk->at < walk->end && is_of_name(*walk->at)) {
        walk->at++;
    }
    element.length = (size_t)(walk->at - element.name);
    skip_blanks(walk);
    if (!take_attribute(walk)) {
        return 0;
    }
    skip_blanks(walk);
    if (!enter(walk, &element)) {
        return 0;
    }
    return takes(walk, "/>") ? leave(walk, walk->at, 0) : takes(walk, ">");
}

/* Walks over a file; whether there is nothing to give up on. */
static int
walk_over(Walk *walk)
{
    if (!take_declaration(walk)) {
        return 0;
    }
    int begun = 0;
    while (!begun || walk->depth > 0) {
        const char *text = walk->at;
        const char *mark = memchr(text, '<', (size_t)(walk->end - text));
        if (mark == NULL || memchr(text, '>', (size_t)(mark - text)) != NULL) {
            return 0;
        }
        if (!begun) {
            skip_blanks(walk);
            if (walk->at != mark) {
                return 0;
            }
        }
        walk->at = mark + 1;
        if (!take_tag(walk, text, mark - text)) {
            return 0;
        }
        begun = 1;
    }
    skip_blanks(walk);
    return walk->at == walk->end;
}

/* A text that may be met before: whole numbers below 10,000 by number, others by their letters. */
static PyObject *
word(const Span *span, PyObject *numbers, PyObject *words)
{
    Py_ssize_t value = 0, digits = 0;
    while (digits < span->count && digits < 4 && span->text[digits] >= '0'
           && span->text[digits] <= '9') {
        value = 10 * value + span->text[digits++] - '0';
    }
    int numbered = digits > 0 && digits == span->count && (digits == 1 || span->text[0] != '0');
    if (numbered) {
        PyObject *known = PyList_GetItem(numbers, value);
        if (known == NULL || known != Py_None) {
            Py_XINCREF(known);
            return known;
        }
    }
    PyObject *text = PyUnicode_FromStringAndSize(span->text, span->count);
    if (text == NULL || numbered) {
        if (text != NULL) {
            Py_INCREF(text);
            PyList_SetItem(numbers, value, text);
        }
        return text;
    }
    PyObject *known = PyDict_GetItemWithError(words, text);
    if (known != NULL) {
        Py_INCREF(known);
        Py_DECREF(text);
        return known;
    }
    if (PyErr_Occurred() || PyDict_SetItem(words, text, text) < 0) {
        Py_CLEAR(text);
    }
    return text;
}

static int
append(PyObject *column, const Span *span, PyObject *numbers, PyObject *words)
{
    if (span->text == NULL) {
        return PyList_Append(column, Py_None);
    }
    PyObject *text = words == NULL ? PyUnicode_FromStringAndSize(span->text, span->count)
                                   : word(span, numbers, words);
    int failed = text == NULL ? -1 : PyList_Append(column, text);
    Py_XDECREF(text);
    return failed;
}

static int
append_all(const Walk *walk, PyObject *columns, PyObject *numbers, PyObject *words)
{
    for (int kind = 0; kind < OF_IMAGE; kind++) {
        PyObject *kept = kind == FILENAME ? NULL : words; /* which no other file has */
        if (append(PyTuple_GetItem(columns, kind), walk->image + kind, numbers, kept) < 0) {
            return -1;
        }
    }
    for (int kind = OF_IMAGE; kind < FIELDS; kind++) {
        PyObject *column = PyTuple_GetItem(columns, kind);
        const Span *span = walk->object + kind - OF_IMAGE;
        for (Py_ssize_t i = 0; i < walk->objects; i++, span += OF_OBJECT) {
            if (append(column, span, numbers, words) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int
are_valid(PyObject *columns, PyObject *numbers)
{
    int valid = PyTuple_Size(columns) == FIELDS && PyList_Size(numbers) == SMALL;
    for (int kind = 0; valid && kind < FIELDS; kind++) {
        valid = PyList_Check(PyTuple_GetItem(columns, kind));
    }
    if (!valid) {
        PyErr_SetString(PyExc_ValueError, "nine lists and one of 10,000 numbers were expected");
    }
    return valid;
}

/* Appends the fields of a file, and says how many objects it has; -1 if it was not read, -2 with an
   exception. */
static Py_ssize_t
add_one(PyObject *content, PyObject *columns, PyObject *numbers, PyObject *words)
{
    Walk walk = {0};
    Py_ssize_t found = -1;
    if (!PyBytes_Check(content)) {
        return found;
    }
    Py_ssize_t count = PyBytes_Size(content);
    walk.at = PyBytes_AsString(content);
    walk.end = walk.at + count;
    if (count > 0 && walk.at[0] == '<' && is_plain((const unsigned char *)walk.at, count)
        && walk_over(&walk)) {
        found = append_all(&walk, columns, numbers, words) < 0 ? -2 : walk.objects;
    }
    free(walk.object);
    return found;
}

/* Appends a number to a list; -1 with an exception. */
static int
append_number(PyObject *list, Py_ssize_t number)
{
    PyObject *value = PyLong_FromSsize_t(number);
    int failed = value == NULL ? -1 : PyList_Append(list, value);
    Py_XDECREF(value);
    return failed;
}

static PyObject *
add(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_ssize_t file;
    PyObject *contents, *columns, *numbers, *words;
    if (!PyArg_ParseTuple(arguments, "O!nO!O!O!:add", &PyList_Type, &contents, &file, &PyTuple_Type,
                          &columns, &PyList_Type, &numbers, &PyDict_Type, &words)
        || !are_valid(columns, numbers)) {
        return NULL;
    }
    PyObject *counts = PyList_New(0);
    for (; counts != NULL && file >= 0 && file < PyList_Size(contents); file++) {
        Py_ssize_t found = add_one(PyList_GetItem(contents, file), columns, numbers, words);
        if (found == -1) {
            break;
        }
        if (found < 0 || append_number(counts, found) < 0) {
            Py_CLEAR(counts);
        }
    }
    return counts;
}

PyDoc_STRVAR(add_doc,
             "add(contents, first, columns, numbers, words, /)\n--\n\n"
             "Append the fields of annotations to nine columns, from that number on until one cannot\n"
             "be read, and return how many objects each has that was. `numbers` and `words` remember\n"
             "texts for the next call.");

static PyMethodDef METHODS[] = {
    {"add", add, METH_VARARGS, add_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_annotations",
    .m_doc = "The texts of annotations that are elements and plain ASCII alone.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__annotations(void)
{
    return PyModule_Create(&MODULE);
}
