/* The bytes of many small files: `small_files` does everything around it.

   `read(paths, first, largest, room)` opens and reads file after file, while others may use the
   interpreter. Of whatever is no regular file, is too large or cannot be read it says nothing. */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __APPLE__
#define CHANGED st_mtimespec
#else
#define CHANGED st_mtim
#endif

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

/* The bytes of the file of a name, as the system takes names; None if nothing is said of it. */
static PyObject *
content_of(const char *path, int64_t largest, Stamp *stamp)
{
    PyThreadState *unlocked = PyEval_SaveThread();
    int handle = opened(path, largest, stamp);
    PyEval_RestoreThread(unlocked);
    if (handle < 0) {
        Py_RETURN_NONE;
    }
    PyObject *content = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)stamp->size);
    int whole = 0;
    unlocked = PyEval_SaveThread();
    if (content != NULL) {
        whole = filled(handle, PyBytes_AsString(content), (Py_ssize_t)stamp->size);
    }
    close(handle);
    PyEval_RestoreThread(unlocked);
    if (content != NULL && !whole) {
        Py_DECREF(content);
        Py_RETURN_NONE;
    }
    return content;
}

/* Appends the content of one of some paths, and says its stamp; -1 with an exception. */
static int
append(PyObject *contents, PyObject *path, int64_t largest, Stamp *stamp)
{
    PyObject *content = NULL, *name = path == NULL ? NULL : PyUnicode_EncodeFSDefault(path);
    if (name == NULL && !PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        return -1;
    }
    PyErr_Clear();
    const char *text = name == NULL ? "" : PyBytes_AsString(name);
    if (name != NULL && strlen(text) == (size_t)PyBytes_Size(name)) { /* no NUL in it */
        content = content_of(text, largest, stamp);
    } else {
        content = Py_BuildValue("");
    }
    Py_XDECREF(name);
    if (content == NULL) {
        return -1;
    }
    if (content == Py_None) {
        *stamp = (Stamp){-1, -1};
    }
    int failed = PyList_Append(contents, content);
    Py_DECREF(content);
    return failed;
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
    PyObject *contents = PyList_New(0), *both = NULL;
    PyObject *stamps = PyBytes_FromStringAndSize(NULL, count * (Py_ssize_t)sizeof(Stamp));
    if (contents != NULL && stamps != NULL) {
        Stamp *stamp = (Stamp *)PyBytes_AsString(stamps);
        Py_ssize_t read = 0;
        int failed = 0;
        while (!failed && read < count && room > 0) {
            PyObject *path = PyList_GetItem(paths, first + read);
            failed = append(contents, path, largest, stamp);
            if (!failed) {
                room -= stamp->size;
                stamp++;
                read++;
            }
        }
        if (!failed) {
            both = Py_BuildValue("Oy#", contents, PyBytes_AsString(stamps),
                                 read * (Py_ssize_t)sizeof(Stamp));
        }
    }
    Py_XDECREF(contents);
    Py_XDECREF(stamps);
    return both;
}

PyDoc_STRVAR(read_doc,
             "read(paths, first, largest, room, /)\n--\n\n"
             "The bytes of each regular file of at most `largest` bytes, from the path of that\n"
             "number on, until they take as much as there is `room`; None for whatever else is\n"
             "there. And the stamp of each, two 64-bit integers; -1 where it is None.");

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
