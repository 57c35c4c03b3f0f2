/* The innermost loop of the search for boxes that overlap; `geometry` does everything around it.

   `near(boxes, rows, reach, min_inside)` compares each box in `rows` with as many after it there as
   its `reach` says, and gives those pairs of which one box covers enough of the other. What it works
   out is what `geometry._near` does, to the last bit. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

typedef struct {
    int64_t *rows;   /* of each pair the smaller and the greater one */
    double *measure; /* of each pair intersection over union, and over the smaller area */
    size_t pairs, room;
} Found;

static int
put(Found *found, int64_t first, int64_t second, double overlap, double inside)
{
    if (found->pairs == found->room) {
        size_t room = found->room ? 2 * found->room : 1024;
        int64_t *rows = realloc(found->rows, room * 2 * sizeof(int64_t));
        if (rows == NULL) {
            return 0;
        }
        found->rows = rows;
        double *measure = realloc(found->measure, room * 2 * sizeof(double));
        if (measure == NULL) {
            return 0;
        }
        found->measure = measure;
        found->room = room;
    }
    found->rows[2 * found->pairs] = first < second ? first : second;
    found->rows[2 * found->pairs + 1] = first < second ? second : first;
    found->measure[2 * found->pairs] = overlap;
    found->measure[2 * found->pairs++ + 1] = inside;
    return 1;
}

static double
least(double a, double b)
{
    return a < b ? a : b;
}

static double
most(double a, double b)
{
    return a > b ? a : b;
}

/* Boxes as columns, one side after the other: compared several times as fast as rows of four. */
typedef struct {
    const double *left, *top, *right, *bottom, *area;
} Columns;

static int
search(const Columns *boxes, const int64_t *rows, const int64_t *reach, int64_t count,
       double min_inside, Found *found)
{
    double least_inside = min_inside * (1 - 1e-9); /* a product is rounded otherwise than a ratio */
    for (int64_t i = 0; i < count; i++) {
        double l = boxes->left[i], t = boxes->top[i], r = boxes->right[i], b = boxes->bottom[i];
        double area = boxes->area[i];
        int64_t end = reach[i] < count - i ? i + reach[i] + 1 : count;
        for (int64_t j = i + 1; j < end; j++) {
            double width = least(r, boxes->right[j]) - most(l, boxes->left[j]);
            double height = least(b, boxes->bottom[j]) - most(t, boxes->top[j]);
            double other = boxes->area[j], smaller = least(area, other), shared = width * height;
            /* Areas may be infinite: then what is compared may be no number, and is looked at. */
            if (!((width > 0) & (height > 0) & !(shared < least_inside * smaller))) {
                continue;
            }
            double inside = shared / smaller, overlap = shared / (area + other - shared);
            if (shared > 0 && inside >= min_inside
                && !put(found, rows[i], rows[j], overlap, least(inside, 1.0))) {
                return 0;
            }
        }
    }
    return 1;
}

/* The boxes in `rows` as columns in one piece of memory, which is given; NULL if there is none. */
static double *
columns_of(const double *boxes, const int64_t *rows, int64_t count, Columns *columns)
{
    double *memory = malloc((size_t)count * 5 * sizeof(double) + 1);
    if (memory == NULL) {
        return NULL;
    }
    double *left = memory, *top = left + count, *right = top + count, *bottom = right + count;
    double *area = bottom + count;
    for (int64_t i = 0; i < count; i++) {
        const double *box = boxes + 4 * rows[i];
        left[i] = box[0];
        top[i] = box[1];
        right[i] = box[2];
        bottom[i] = box[3];
        area[i] = (box[2] - box[0]) * (box[3] - box[1]);
    }
    *columns = (Columns){left, top, right, bottom, area};
    return memory;
}

static int
are_rows(const int64_t *rows, int64_t count, int64_t every)
{
    for (int64_t i = 0; i < count; i++) {
        if (rows[i] < 0 || rows[i] >= every) {
            return 0;
        }
    }
    return 1;
}

static PyObject *
bytes_of(const void *values, const Found *found)
{
    return PyBytes_FromStringAndSize(values, (Py_ssize_t)(found->pairs * 2 * sizeof(double)));
}

static PyObject *
found_among(const Py_buffer *boxes, const Py_buffer *rows, const Py_buffer *reach, double min_inside)
{
    int64_t count = rows->len / (Py_ssize_t)sizeof(int64_t);
    int64_t every = boxes->len / (Py_ssize_t)(4 * sizeof(double));
    if (reach->len != rows->len || !are_rows(rows->buf, count, every)) {
        PyErr_SetString(PyExc_ValueError, "rows of boxes, and a reach for each, were expected");
        return NULL;
    }
    Found found = {0};
    Columns columns;
    PyThreadState *unlocked = PyEval_SaveThread();
    double *memory = columns_of(boxes->buf, rows->buf, count, &columns);
    int complete = memory && search(&columns, rows->buf, reach->buf, count, min_inside, &found);
    free(memory);
    PyEval_RestoreThread(unlocked);
    PyObject *pairs = complete ? bytes_of(found.rows, &found) : PyErr_NoMemory();
    PyObject *measures = pairs ? bytes_of(found.measure, &found) : NULL;
    PyObject *both = measures ? PyTuple_Pack(2, pairs, measures) : NULL;
    Py_XDECREF(pairs);
    Py_XDECREF(measures);
    free(found.rows);
    free(found.measure);
    return both;
}

static PyObject *
near_(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer boxes, rows, reach;
    double min_inside;
    if (!PyArg_ParseTuple(arguments, "y*y*y*d:near", &boxes, &rows, &reach, &min_inside)) {
        return NULL;
    }
    PyObject *found = found_among(&boxes, &rows, &reach, min_inside);
    PyBuffer_Release(&boxes);
    PyBuffer_Release(&rows);
    PyBuffer_Release(&reach);
    return found;
}

PyDoc_STRVAR(near_doc,
             "near(boxes, rows, reach, min_inside, /)\n--\n\n"
             "Pairs of boxes, as two rows each, 64-bit integers, and as their intersection over\n"
             "union and over the smaller area, 64-bit floats.\n\n"
             "`boxes` are rows of left, top, right and bottom, 64-bit floats; `rows` are 64-bit\n"
             "integers, and so is `reach`, which says with how many after it each is compared.");

static PyMethodDef METHODS[] = {
    {"near", near_, METH_VARARGS, near_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_sweep",
    .m_doc = "The innermost loop of the search for boxes that overlap.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__sweep(void)
{
    return PyModule_Create(&MODULE);
}
