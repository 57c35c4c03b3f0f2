/* The bytes of many small files: `small_files` does everything around it.

   `read(paths, first, largest, room)` opens and reads file after file, while others may use the
   interpreter all the time: what is read is put one behind the other, and becomes objects at the
   end. Of whatever is no regular file, is too large or cannot be read it says nothing. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#define CHANGED st_mtimespec
#else
#define CHANGED st_mtim
#endif

#define MOST 1024 /* files that are read at once */

typedef struct {
    int64_t size;
    int64_t changed; /* nanoseconds since 1970 */
} Stamp;

/* Opens a regular file and says how long it is; -1 if there is none, or it is too large. */
static int
opened(const char *path, int64_t largest, Stamp *stamp)
{
    struct stat status;
    int handle = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would keep us waiting */
    if (handle < 0) {
        return -1;
    }
    if (fstat(handle, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > largest) {
        close(handle);
        return -1;
    }
    stamp->size = (int64_t)status.st_size;
    stamp->changed = (int64_t)status.CHANGED.tv_sec * 1000000000 + status.CHANGED.tv_nsec;
    return handle;
}

/* Fills `content` from a file; whether there was as much in it. */
static int
filled(int handle, char *content, Py_ssize_t size)
{
    while (size > 0) {
        ssize_t count = read(handle, content, (size_t)size);
        if (count <= 0) {
            return 0;
        }
        content += count;
        size -= count;
    }
    return 1;
}

/* The bytes of files, one behind the other. */
typedef struct {
    char *bytes;
    Py_ssize_t used, size;
} Pile;

/* Makes room for so many bytes more; whether there was memory. */
static int
has_room(Pile *pile, Py_ssize_t more)
{
    if (pile->size - pile->used >= more) {
        return 1;
    }
    Py_ssize_t size = pile->used + more + pile->size;
    char *bytes = realloc(pile->bytes, (size_t)size);
    if (bytes != NULL) {
        pile->bytes = bytes;
        pile->size = size;
    }
    return bytes != NULL;
}

/* Puts the bytes of a file behind those of others, and says its stamp; -1 without memory. */
static int
put(Pile *pile, const char *path, int64_t largest, Stamp *stamp)
{
    int failed = 0, handle = path == NULL ? -1 : opened(path, largest, stamp);
    int whole = handle >= 0;
    if (whole && !has_room(pile, (Py_ssize_t)stamp->size)) {
        failed = -1;
    } else if (whole && filled(handle, pile->bytes + pile->used, (Py_ssize_t)stamp->size)) {
        pile->used += (Py_ssize_t)stamp->size;
    } else {
        whole = 0;
    }
    if (handle >= 0) {
        close(handle);
    }
    if (!whole) {
        *stamp = (Stamp){-1, -1};
    }
    return failed;
}

/* The names of files as the system takes them, those that it cannot take as NULL, and in `kept` what
   holds them; NULL with an exception. */
static const char **
names_of(PyObject *paths, Py_ssize_t first, Py_ssize_t count, PyObject *kept)
{
    const char **names = calloc((size_t)count + 1, sizeof *names);
    if (names == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyUnicode_EncodeFSDefault(PyList_GetItem(paths, first + i));
        if (name == NULL && PyErr_ExceptionMatches(PyExc_UnicodeError)) {
            PyErr_Clear();
            continue;
        }
        if (name == NULL || PyList_Append(kept, name) != 0) {
            Py_XDECREF(name);
            free(names);
            return NULL;
        }
        const char *text = PyBytes_AsString(name);
        names[i] = strlen(text) == (size_t)PyBytes_Size(name) ? text : NULL; /* no NUL in it */
        Py_DECREF(name);
    }
    return names;
}

/* The bytes of each file in a pile, None of those without a stamp; NULL with an exception. */
static PyObject *
contents_of(const Pile *pile, const Stamp *stamps, Py_ssize_t count)
{
    PyObject *contents = PyList_New(count);
    const char *bytes = pile->bytes;
    for (Py_ssize_t i = 0; contents != NULL && i < count; i++) {
        PyObject *content = Py_NewRef(Py_None);
        if (stamps[i].size >= 0) {
            Py_DECREF(content);
            content = PyBytes_FromStringAndSize(bytes, (Py_ssize_t)stamps[i].size);
            bytes += stamps[i].size;
        }
        if (content == NULL) {
            Py_CLEAR(contents);
        } else {
            PyList_SetItem(contents, i, content);
        }
    }
    return contents;
}

/* What `read` returns of files of some names. */
static PyObject *
read_named(const char **names, Py_ssize_t count, int64_t largest, int64_t room)
{
    Pile pile = {NULL, 0, 0};
    Stamp *stamps = malloc(((size_t)count + 1) * sizeof *stamps);
    PyObject *both = NULL, *contents;
    Py_ssize_t read = 0;
    int failed = stamps == NULL;
    PyThreadState *unlocked = PyEval_SaveThread();
    while (!failed && read < count && pile.used < room) {
        failed = put(&pile, names[read], largest, stamps + read);
        read++;
    }
    PyEval_RestoreThread(unlocked);
    if (failed) {
        PyErr_NoMemory();
    } else if ((contents = contents_of(&pile, stamps, read)) != NULL) {
        both = Py_BuildValue("Ny#", contents, (char *)stamps, read * (Py_ssize_t)sizeof(Stamp));
    }
    free(stamps);
    free(pile.bytes);
    return both;
}

static PyObject *
read_files(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *paths;
    Py_ssize_t first;
    long long largest, room;
    if (!PyArg_ParseTuple(arguments, "O!nLL:read", &PyList_Type, &paths, &first, &largest, &room)) {
        return NULL;
    }
    Py_ssize_t count = PyList_Size(paths) - first;
    if (first < 0 || count < 0) {
        PyErr_SetString(PyExc_ValueError, "there is no such path");
        return NULL;
    }
    count = count < MOST ? count : MOST;
    PyObject *kept = PyList_New(0), *both = NULL;
    const char **names = kept == NULL ? NULL : names_of(paths, first, count, kept);
    if (names != NULL) {
        both = read_named(names, count, largest, room);
        free(names);
    }
    Py_XDECREF(kept);
    return both;
}

PyDoc_STRVAR(read_doc,
             "read(paths, first, largest, room, /)\n--\n\n"
             "The bytes of each regular file of at most `largest` bytes, from the path of that\n"
             "number on, until they take as much as there is `room`, or are 1,024; None for\n"
             "whatever else is there. And the stamp of each, two 64-bit integers; -1 where it is\n"
             "None.");

static PyMethodDef METHODS[] = {
    {"read", read_files, METH_VARARGS, read_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_small_files",
    .m_doc = "The bytes of many small files.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__small_files(void)
{
    return PyModule_Create(&MODULE);
}
