/* The numbers in the lines of label files; `lines` does everything around it.

   `scan(text, fewest)` says of each line how many words it has and whether it is odd, and gives the
   numbers of all others. What it takes for odd, and every number, is what `lines` works out. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 19, MOST_EXACT = 22 };

/* Both are exact doubles up to these, so that one rounding is all there is (Clinger 1990). */
static const uint64_t EXACT = UINT64_C(1) << 53;
static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static int
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number of many digits, by Python; 0 with an exception if there is no memory. */
static int
read_patiently(const char *text, Py_ssize_t count, double *value)
{
    char *copy = malloc((size_t)count + 1);
    if (copy == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    memcpy(copy, text, (size_t)count);
    copy[count] = 0;
    *value = PyOS_string_to_double(copy, NULL, NULL);
    free(copy);
    return !(*value == -1.0 && PyErr_Occurred());
}

/* Reads the word at `at`, which becomes its end: 1 if it is a plain number, 0 if it is odd, -1 with
   an exception. The index of a class is `whole`: digits alone. */
static int
read_word(const char **at, const char *end, int whole, double *value)
{
    const char *start = *at, *c = start;
    uint64_t digits = 0;
    Py_ssize_t counted = 0, behind = 0;
    int dots = 0, odd = 0;
    int negative = *c == '-';
    for (c += negative; c < end && !is_blank(*c); c++) {
        if (is_digit(*c)) {
            counted += counted > 0 || *c != '0';
            behind += dots;
            if (counted <= MOST_DIGITS) {
                digits = 10 * digits + (uint64_t)(*c - '0');
            }
        }
        else if (*c == '.') {
            dots++;
        }
        else {
            odd = 1;
        }
    }
    *at = c;
    if (odd || dots > 1 || !is_digit(c[-1]) || (whole && (dots || negative))) {
        return 0;
    }
    if (digits > EXACT || behind > MOST_EXACT) {
        return read_patiently(start, c - start, value) ? 1 : -1;
    }
    *value = (double)digits / POWERS[behind];
    if (negative) {
        *value = -*value;
    }
    return 1;
}

typedef struct {
    int64_t count; /* words of a line */
    int64_t odd;
} Line;

/* Reads a line up to its end: its numbers go to `numbers`; 0 with an exception. */
static int
read_line(const char *at, const char *end, int64_t fewest, Line *line, double *numbers)
{
    *line = (Line){0, 0};
    while (1) {
        while (at < end && is_blank(*at)) {
            at++;
        }
        if (at == end) {
            break;
        }
        double value = 0;
        int plain = read_word(&at, end, line->count == 0, &value);
        if (plain < 0) {
            return 0;
        }
        line->odd |= !plain;
        if (!line->odd) {
            numbers[line->count] = value;
        }
        line->count++;
    }
    line->odd |= line->count > 0 && line->count < fewest;
    return 1;
}

static Py_ssize_t
lines_in(const char *text, const char *end)
{
    Py_ssize_t count = 0;
    while ((text = memchr(text, '\n', (size_t)(end - text))) != NULL) {
        text++;
        count++;
    }
    return count;
}

static PyObject *
scanned(const char *text, Py_ssize_t size, int64_t fewest)
{
    const char *end = text + size;
    Py_ssize_t count = lines_in(text, end), read = 0;
    PyObject *lines = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(Line));
    double *numbers = malloc(((size_t)size / 2 + 1) * sizeof(double));
    PyObject *both = numbers == NULL ? PyErr_NoMemory() : NULL;
    if (lines != NULL && numbers != NULL) {
        Line *line = (Line *)PyBytes_AsString(lines);
        Py_ssize_t i = 0;
        for (; i < count; i++, line++) {
            const char *stop = memchr(text, '\n', (size_t)(end - text));
            if (!read_line(text, stop, fewest, line, numbers + read)) {
                break;
            }
            read += line->odd ? 0 : (Py_ssize_t)line->count;
            text = stop + 1;
        }
        if (i == count) {
            both = Py_BuildValue("Oy#", lines, (char *)numbers, read * (Py_ssize_t)sizeof(double));
        }
    }
    free(numbers);
    Py_XDECREF(lines);
    return both;
}

static PyObject *
scan(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer text;
    long long fewest;
    if (!PyArg_ParseTuple(arguments, "y*L:scan", &text, &fewest)) {
        return NULL;
    }
    PyObject *found = scanned(text.buf, text.len, fewest);
    PyBuffer_Release(&text);
    return found;
}

PyDoc_STRVAR(scan_doc,
             "scan(text, fewest, /)\n--\n\n"
             "Of each line, which a newline ends, how many words it has and whether it is odd, 64-bit\n"
             "integers; and the numbers of the lines that are not odd, 64-bit floats. A line of some\n"
             "words, but less than `fewest`, is odd, too.");

static PyMethodDef METHODS[] = {
    {"scan", scan, METH_VARARGS, scan_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_lines",
    .m_doc = "The numbers in the lines of label files.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__lines(void)
{
    return PyModule_Create(&MODULE);
}
