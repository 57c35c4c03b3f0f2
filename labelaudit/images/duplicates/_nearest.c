/* The inner loops of the search for pictures that look alike; `search` does everything around them.

   Pictures are rows of whole numbers, so sums are the same in whatever order, on every processor,
   and what is found is what `search` finds without this, to the last pair. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <stdlib.h>

enum { DEPTH = 40, EACH_WAY = 6, ORIENTATIONS = 8 };

/* The rows with the highest scores so far are kept as a heap, at its root the one to go next: that
   of the lowest score, and of equal ones the latest row. */
typedef struct {
    int32_t score;
    int32_t row;
} Scored;

static int
comes_before(Scored one, Scored other)
{
    return one.score > other.score || (one.score == other.score && one.row < other.row);
}

static void
put(Scored *heap, int64_t *count, int64_t room, Scored one)
{
    int64_t place;
    if (*count < room) {
        place = (*count)++;
        while (place > 0 && comes_before(heap[(place - 1) / 2], one)) {
            heap[place] = heap[(place - 1) / 2];
            place = (place - 1) / 2;
        }
        heap[place] = one;
        return;
    }
    if (!comes_before(one, heap[0])) {
        return;
    }
    for (place = 0;;) {
        int64_t child = 2 * place + 1;
        if (child >= room) {
            break;
        }
        if (child + 1 < room && comes_before(heap[child], heap[child + 1])) {
            child++;
        }
        if (!comes_before(one, heap[child])) {
            break;
        }
        heap[place] = heap[child];
        place = child;
    }
    heap[place] = one;
}

static int
by_rank(const void *one, const void *other)
{
    const Scored *a = one, *b = other;
    return comes_before(*a, *b) ? -1 : comes_before(*b, *a);
}

static inline int32_t
product(const int16_t *one, const int16_t *other)
{
    int32_t sum = 0;
    for (int k = 0; k < DEPTH; k++) {
        sum += (int32_t)one[k] * other[k];
    }
    return sum;
}

/* Of rows from `first` to `last` of `others`, those most like `one`, less what each is to lose. */
static void
most_alike(const int16_t *one, const int16_t *others, const int32_t *less, int64_t first,
           int64_t last, Scored *heap, int64_t *count, int64_t room)
{
    int32_t score[256];
    for (int64_t start = first; start < last; start += 256) {
        int64_t some = last - start < 256 ? last - start : 256;
        for (int64_t k = 0; k < some; k++) {
            score[k] = product(one, others + (start + k) * DEPTH);
        }
        for (int64_t k = 0; less != NULL && k < some; k++) {
            score[k] -= less[start + k];
        }
        for (int64_t k = 0; k < some; k++) {
            if (*count < room || score[k] >= heap[0].score) {
                put(heap, count, room, (Scored){score[k], (int32_t)(start + k)});
            }
        }
    }
}

/* The highest product of one picture with another in any orientation, and which that is.

   Mirroring changes the signs of odd coefficients alone, so four sums serve four orientations. */
static Scored
best_orientation(const int16_t *one, const int16_t *other)
{
    static const int across[4] = {1, -1, -1, 1}, down[4] = {1, 1, -1, -1};
    Scored best = {INT32_MIN, 0};
    for (int turned = 0; turned < 2; turned++) {
        int32_t part[2][2] = {{0, 0}, {0, 0}};
        for (int v = 0; v < EACH_WAY; v++) {
            for (int u = 0; u < EACH_WAY; u++) {
                int there = turned ? u * EACH_WAY + v : v * EACH_WAY + u;
                part[v & 1][u & 1] += (int32_t)one[v * EACH_WAY + u] * other[there];
            }
        }
        for (int k = 0; k < 4; k++) {
            int32_t score = part[0][0] + across[k] * part[0][1]
                            + down[k] * (part[1][0] + across[k] * part[1][1]);
            if (score > best.score) {
                best = (Scored){score, 4 * turned + k + 1};
            }
        }
    }
    return best;
}

static PyObject *
refused(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return NULL;
}

static PyObject *
cells_among(const Py_buffer *vectors, const Py_buffer *centres, const Py_buffer *less, Py_ssize_t room)
{
    int64_t count = vectors->len / (Py_ssize_t)(DEPTH * sizeof(int16_t));
    int64_t every = centres->len / (Py_ssize_t)(DEPTH * sizeof(int16_t));
    if (less->len != every * (Py_ssize_t)sizeof(int32_t) || room < 1 || room > every) {
        return refused("centres, and a number for each, were expected");
    }
    PyObject *answer
        = PyBytes_FromStringAndSize(NULL, count * room * (Py_ssize_t)sizeof(int32_t));
    Scored *heap = malloc((size_t)room * sizeof(Scored));
    if (answer == NULL || heap == NULL) {
        Py_XDECREF(answer);
        free(heap);
        return PyErr_NoMemory();
    }
    int32_t *out = (int32_t *)PyBytes_AsString(answer);
    const int16_t *rows = vectors->buf;
    PyThreadState *unlocked = PyEval_SaveThread();
    for (int64_t i = 0; i < count; i++) {
        int64_t kept = 0;
        most_alike(rows + i * DEPTH, centres->buf, less->buf, 0, every, heap, &kept, room);
        qsort(heap, (size_t)kept, sizeof(Scored), by_rank);
        for (int64_t k = 0; k < room; k++) {
            *out++ = heap[k].row;
        }
    }
    PyEval_RestoreThread(unlocked);
    free(heap);
    return answer;
}

static PyObject *
cells_(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer vectors, centres, less;
    Py_ssize_t room;
    if (!PyArg_ParseTuple(arguments, "y*y*y*n:cells", &vectors, &centres, &less, &room)) {
        return NULL;
    }
    PyObject *found = cells_among(&vectors, &centres, &less, room);
    PyBuffer_Release(&vectors);
    PyBuffer_Release(&centres);
    PyBuffer_Release(&less);
    return found;
}

/* All pictures, by cells, and what is asked of them. */
typedef struct {
    const int16_t *vectors, *described;
    const int64_t *start; /* of each cell, and of one more */
    const int32_t *cells; /* of each picture, `seen` of them */
    int64_t count, seen, shortlist, nearest;
    int32_t least;
} Search;

static void
search_rows(const Search *all, int64_t first, int64_t last, Scored *shortlist, Scored *heap,
            int32_t *out)
{
    for (int64_t i = first; i < last; i++) {
        int64_t some = 0, kept = 0;
        for (int64_t k = 0; k < all->seen; k++) {
            int32_t cell = all->cells[i * all->seen + k];
            most_alike(all->vectors + i * DEPTH, all->vectors, NULL, all->start[cell],
                       all->start[cell + 1], shortlist, &some, all->shortlist);
        }
        for (int64_t k = 0; k < some; k++) {
            Scored other = shortlist[k];
            /* In no orientation are two more alike than without it. */
            int32_t needed = kept < all->nearest ? all->least : heap[0].score;
            if (other.row == i || other.score < needed) {
                continue;
            }
            Scored best = best_orientation(all->described + i * EACH_WAY * EACH_WAY,
                                           all->described + other.row * EACH_WAY * EACH_WAY);
            if (best.score >= all->least) {
                put(heap, &kept, all->nearest, (Scored){best.score, other.row});
            }
        }
        qsort(heap, (size_t)kept, sizeof(Scored), by_rank);
        for (int64_t k = 0; k < kept; k++) {
            Scored best = best_orientation(all->described + i * EACH_WAY * EACH_WAY,
                                           all->described + heap[k].row * EACH_WAY * EACH_WAY);
            out[3 * k] = heap[k].row;
            out[3 * k + 1] = best.row;
            out[3 * k + 2] = best.score;
        }
        out += 3 * all->nearest;
    }
}

static int
is_whole(const Search *all, int64_t first, int64_t last, Py_ssize_t described, Py_ssize_t starts,
         Py_ssize_t cells)
{
    int64_t count = all->count, every = starts / (Py_ssize_t)sizeof(int64_t) - 1;
    if (first < 0 || last < first || last > count || every < 0 || all->shortlist < 1 || all->nearest < 1
        || described != count * (Py_ssize_t)(EACH_WAY * EACH_WAY * sizeof(int16_t))
        || cells != count * all->seen * (Py_ssize_t)sizeof(int32_t)) {
        return 0;
    }
    for (int64_t k = 0; k <= every; k++) {
        if (all->start[k] < (k ? all->start[k - 1] : 0) || all->start[k] > count) {
            return 0;
        }
    }
    for (int64_t k = first * all->seen; k < last * all->seen; k++) {
        if (all->cells[k] < 0 || all->cells[k] >= every) {
            return 0;
        }
    }
    return count <= INT32_MAX;
}

static PyObject *
alike_among(const Search *all, Py_ssize_t first, Py_ssize_t last)
{
    Py_ssize_t size = (last - first) * (Py_ssize_t)(3 * all->nearest * (int64_t)sizeof(int32_t));
    PyObject *answer = PyBytes_FromStringAndSize(NULL, size);
    Scored *shortlist = malloc((size_t)all->shortlist * sizeof(Scored));
    Scored *heap = malloc((size_t)all->nearest * sizeof(Scored));
    if (answer != NULL && shortlist != NULL && heap != NULL) {
        int32_t *out = (int32_t *)PyBytes_AsString(answer);
        PyThreadState *unlocked = PyEval_SaveThread();
        for (int64_t k = 0; k < (last - first) * 3 * all->nearest; k++) {
            out[k] = -1;
        }
        search_rows(all, first, last, shortlist, heap, out);
        PyEval_RestoreThread(unlocked);
    } else {
        Py_XDECREF(answer);
        answer = PyErr_NoMemory();
    }
    free(shortlist);
    free(heap);
    return answer;
}

static PyObject *
alike_(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer vectors, described, start, cells;
    Py_ssize_t first, last, shortlist, nearest;
    int least;
    if (!PyArg_ParseTuple(arguments, "y*y*y*y*nnnni:alike", &vectors, &described, &start, &cells,
                          &first, &last, &shortlist, &nearest, &least)) {
        return NULL;
    }
    int64_t count = vectors.len / (Py_ssize_t)(DEPTH * sizeof(int16_t));
    int64_t seen = count ? cells.len / (Py_ssize_t)sizeof(int32_t) / count : 0;
    Search all = {vectors.buf, described.buf, start.buf, cells.buf, count, seen,
                  shortlist,   nearest,       least};
    PyObject *found = is_whole(&all, first, last, described.len, start.len, cells.len)
                          ? alike_among(&all, first, last)
                          : refused("pictures by cells were expected");
    PyBuffer_Release(&vectors);
    PyBuffer_Release(&described);
    PyBuffer_Release(&start);
    PyBuffer_Release(&cells);
    return found;
}

PyDoc_STRVAR(cells_doc,
             "cells(vectors, centres, less, count, /)\n--\n\n"
             "The rows of the centres nearest to each vector, `count` of them, 32-bit integers.\n\n"
             "`vectors` and `centres` are rows of 40 16-bit integers; `less`, of 32 bits, is taken\n"
             "from the products with each centre.");

PyDoc_STRVAR(alike_doc,
             "alike(vectors, described, start, cells, first, last, shortlist, nearest, least, /)\n"
             "--\n\n"
             "Of each picture from `first` to `last` the `nearest` ones: row, orientation and\n"
             "product, 32-bit integers, -1 where there are no more.\n\n"
             "`vectors` are rows of 40, `described` of 36 16-bit integers, sorted by cells, which\n"
             "start at the 64-bit rows `start`; `cells`, of 32 bits, are those in which each picture\n"
             "looks for others: for the `shortlist` most like it by vectors, of which the nearest\n"
             "have the highest products in their best orientation, of at least `least`.");

static PyMethodDef METHODS[] = {
    {"cells", cells_, METH_VARARGS, cells_doc},
    {"alike", alike_, METH_VARARGS, alike_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_nearest",
    .m_doc = "The inner loops of the search for pictures that look alike.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__nearest(void)
{
    return PyModule_Create(&MODULE);
}
