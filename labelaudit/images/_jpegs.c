/* Width and height of many plain JPEG files: `plain_jpegs` does everything around it.

   `heads(paths)` opens file after file, walks over the segments of its beginning and looks at its
   end, while others may use the interpreter. What it takes for plain is what `plain_jpegs.plain_size`
   does; of whatever else it says nothing. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD 4096 /* as `plain_jpegs.HEAD` */
#define LANES 4 /* of 8 bytes, by which HEAD can be divided */

typedef struct {
    int32_t width, height; /* 0 if it is no plain JPEG file */
} Size;

typedef struct {
    Size size;
    int64_t length; /* of the file in bytes */
    int64_t beginning; /* a number that files have in common whose first HEAD bytes are the same */
} Head;

static size_t
two_bytes(const unsigned char *at)
{
    return (size_t)at[0] << 8 | at[1];
}

/* Whether a frame has 8 bits, a size, and grey or three colours. */
static int
is_plain_frame(const unsigned char *body, size_t count)
{
    return count > 5 && body[0] == 8 && (body[5] == 1 || body[5] == 3)
           && count == 6 + 3 * (size_t)body[5] && two_bytes(body + 1) && two_bytes(body + 3);
}

static int
are_tables(const unsigned char *body, size_t count)
{
    while (count) {
        size_t length = body[0] > 15 ? 129 : 65;
        if (count < length) {
            return 0;
        }
        body += length;
        count -= length;
    }
    return 1;
}

static int
may_be_passed_over(unsigned marker, const unsigned char *body, size_t count)
{
    switch (marker) {
    case 0xE0: /* JFIF */
        return count >= 14 && memcmp(body, "JFIF", 5) == 0;
    case 0xDB: /* quantisation tables */
        return are_tables(body, count);
    case 0xC4: /* Huffman tables */
    case 0xDD: /* restart intervals */
    case 0xFE: /* comments */
        return 1;
    default:
        return 0;
    }
}

static Size
size_in(const unsigned char *head, size_t count)
{
    const Size none = {0, 0};
    Size size = none;
    size_t place = 2;
    if (count < 3 || memcmp(head, "\xff\xd8\xff", 3) != 0) {
        return none;
    }
    while (place + 4 <= count && head[place] == 0xFF) {
        unsigned marker = head[place + 1];
        size_t length = two_bytes(head + place + 2);
        const unsigned char *body = head + place + 4;
        if (length < 2 || place + 2 + length > count) {
            return none;
        }
        place += 2 + length;
        length -= 2;
        if (marker == 0xDA) { /* the scan begins */
            return size;
        }
        if (marker >= 0xC0 && marker <= 0xC2) { /* a frame: baseline, extended, progressive */
            if (size.width || !is_plain_frame(body, length)) {
                return none;
            }
            size = (Size){(int32_t)two_bytes(body + 3), (int32_t)two_bytes(body + 1)};
        } else if (!may_be_passed_over(marker, body, length)) {
            return none;
        }
    }
    return none;
}

static uint64_t
mixed(uint64_t number, uint64_t word)
{
    number = (number ^ word) * 0x9E3779B97F4A7C15u;
    return number ^ number >> 32;
}

/* A number for the bytes in a head, as `pairs.digests` makes one of numbers. Four are made side by
   side, and then one of them: each step of one has to wait for the step before. */
static int64_t
number_of(unsigned char *head, size_t count)
{
    uint64_t word[LANES], number[LANES] = {0}, all = count;
    size_t whole = (count + sizeof word - 1) / sizeof word * sizeof word;
    memset(head + count, 0, whole - count);
    for (size_t place = 0; place < whole; place += sizeof word) {
        memcpy(word, head + place, sizeof word);
        for (int lane = 0; lane < LANES; lane++) {
            number[lane] = mixed(number[lane], word[lane]);
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        all = mixed(all, number[lane]);
    }
    return (int64_t)all;
}

/* What a file that is open says, if it ends as one should. */
static Head
head_of_open(int handle)
{
    const Head none = {{0, 0}, 0, 0};
    unsigned char head[HEAD], last[2], *end = last;
    struct stat status;
    if (fstat(handle, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 4) {
        return none;
    }
    ssize_t count = read(handle, head, HEAD);
    Size size = count < 4 ? none.size : size_in(head, (size_t)count);
    if (size.width == 0) {
        return none;
    }
    if (status.st_size <= count) {
        end = head + count - 2;
    } else if (pread(handle, end, 2, status.st_size - 2) != 2) {
        return none;
    }
    if (end[0] != 0xFF || end[1] != 0xD9) {
        return none;
    }
    return (Head){size, (int64_t)status.st_size, number_of(head, (size_t)count)};
}

/* What the file of a name says; NULL is no name. */
static Head
head_of(const char *name)
{
    Head head = {{0, 0}, 0, 0};
    /* a pipe would keep us waiting */
    int handle = name == NULL ? -1 : open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (handle >= 0) {
        head = head_of_open(handle);
        close(handle);
    }
    return head;
}

/* The names of files as the system takes them, those with a NUL as NULL, and in `kept` what holds
   them; NULL with an exception. */
static const char **
names_of(PyObject *paths, PyObject *kept)
{
    Py_ssize_t count = PyList_Size(paths);
    const char **names = calloc((size_t)count + 1, sizeof *names);
    if (names == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyUnicode_EncodeFSDefault(PyList_GetItem(paths, i));
        if (name == NULL || PyList_Append(kept, name) != 0) {
            Py_XDECREF(name);
            free(names);
            return NULL;
        }
        const char *text = PyBytes_AsString(name);
        names[i] = strlen(text) == (size_t)PyBytes_Size(name) ? text : NULL;
        Py_DECREF(name);
    }
    return names;
}

static PyObject *
heads(PyObject *Py_UNUSED(module), PyObject *paths)
{
    if (!PyList_Check(paths)) {
        PyErr_SetString(PyExc_TypeError, "a list of paths was expected");
        return NULL;
    }
    Py_ssize_t count = PyList_Size(paths);
    PyObject *kept = PyList_New(0), *found = NULL;
    const char **names = kept == NULL ? NULL : names_of(paths, kept);
    if (names != NULL) {
        found = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(Head));
    }
    if (found != NULL) {
        Head *head = (Head *)PyBytes_AsString(found);
        PyThreadState *unlocked = PyEval_SaveThread();
        for (Py_ssize_t i = 0; i < count; i++) {
            head[i] = head_of(names[i]);
        }
        PyEval_RestoreThread(unlocked);
    }
    free(names);
    Py_XDECREF(kept);
    return found;
}

PyDoc_STRVAR(heads_doc,
             "heads(paths, /)\n--\n\n"
             "Of the plain JPEG file at each path: width and height, 32-bit integers, its length in\n"
             "bytes and a number of its first bytes, 64-bit integers; 0 for whatever else is there,\n"
             "or nothing.");

static PyMethodDef METHODS[] = {
    {"heads", heads, METH_O, heads_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_jpegs",
    .m_doc = "Width and height of many plain JPEG files.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__jpegs(void)
{
    return PyModule_Create(&MODULE);
}
