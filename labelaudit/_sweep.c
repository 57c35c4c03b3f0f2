/* The innermost loop of the search for boxes that overlap; `geometry` does everything around it.

   `near(corners, reach, min_inside)` compares each box with as many after it as its `reach` says,
   and gives the places of those pairs of which one box covers enough of the other. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

typedef struct {
    int64_t *data; /* first and second of each pair in turn */
    size_t pairs, room;
} Places;

static int
put(Places *places, int64_t first, int64_t second)
{
    if (places->pairs == places->room) {
        size_t room = places->room ? 2 * places->room : 1024;
        int64_t *grown = realloc(places->data, room * 2 * sizeof(int64_t));
        if (grown == NULL) {
            return 0;
        }
        places->data = grown;
        places->room = room;
    }
    places->data[2 * places->pairs] = first;
    places->data[2 * places->pairs++ + 1] = second;
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

static int
search(const double *corners, const int64_t *reach, int64_t count, double min_inside, Places *places)
{
    const double *left = corners, *top = left + count, *right = top + count, *bottom = right + count;
    for (int64_t i = 0; i < count; i++) {
        double l = left[i], t = top[i], r = right[i], b = bottom[i];
        int64_t end = i + reach[i] < count ? i + reach[i] : count - 1;
        for (int64_t j = i + 1; j <= end; j++) {
            if (!((left[j] < r) & (right[j] > l) & (top[j] < b) & (bottom[j] > t))) {
                continue;
            }
            double shared = (least(r, right[j]) - most(l, left[j]))
                            * (least(b, bottom[j]) - most(t, top[j]));
            double smaller = least((r - l) * (b - t),
                                   (right[j] - left[j]) * (bottom[j] - top[j]));
            double inside = least(shared / smaller, 1.0); /* NaN where areas are infinite: no pair */
            if (shared > 0 && inside >= min_inside && !put(places, i, j)) {
                return 0;
            }
        }
    }
    return 1;
}

static PyObject *
found(const Py_buffer *corners, const Py_buffer *reach, double min_inside)
{
    int64_t count = reach->len / (Py_ssize_t)sizeof(int64_t);
    if (corners->len != 4 * count * (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "four corners of 64 bits for each reach were expected");
        return NULL;
    }
    Places places = {0};
    PyThreadState *unlocked = PyEval_SaveThread();
    int sound = search(corners->buf, reach->buf, count, min_inside, &places);
    PyEval_RestoreThread(unlocked);
    PyObject *bytes = sound ? PyBytes_FromStringAndSize(
                                  (const char *)places.data,
                                  (Py_ssize_t)(places.pairs * 2 * sizeof(int64_t)))
                            : PyErr_NoMemory();
    free(places.data);
    return bytes;
}

static PyObject *
near_(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer corners, reach;
    double min_inside;
    if (!PyArg_ParseTuple(arguments, "y*y*d:near", &corners, &reach, &min_inside)) {
        return NULL;
    }
    PyObject *bytes = found(&corners, &reach, min_inside);
    PyBuffer_Release(&corners);
    PyBuffer_Release(&reach);
    return bytes;
}

PyDoc_STRVAR(near_doc,
             "near(corners, reach, min_inside, /)\n--\n\n"
             "Places of pairs, first and second in turn, as 64-bit integers.\n\n"
             "`corners` are all left sides, then all top, right and bottom sides, 64-bit floats;\n"
             "`reach` says with how many boxes after it each is compared, 64-bit integers.");

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
