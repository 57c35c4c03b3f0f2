/* Columns as Arrow's C data and C stream interfaces have them; `arrow` makes the columns.

   `schema` and `stream` return capsules of the PyCapsule interface. What is exported may be released
   on any thread, at any time, with an exception on its way: that is why this is not in Python.

   https://arrow.apache.org/docs/format/CDataInterface.html (structs and who owns what),
   https://arrow.apache.org/docs/format/CStreamInterface.html */

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

static const char SCHEMA_NAME[] = "arrow_schema";
static const char STREAM_NAME[] = "arrow_array_stream";

static char *
copied(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    if (copy == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    return strcpy(copy, text);
}

/* Schemas. All that one points to is its own: no Python is needed to release it. */

static void
release_schema(struct ArrowSchema *schema)
{
    if (schema->children != NULL) {
        for (int64_t child = 0; child < schema->n_children; child++) {
            struct ArrowSchema *one = schema->children[child];
            if (one != NULL && one->release != NULL) { /* else somebody took it over */
                one->release(one);
            }
            free(one);
        }
        free(schema->children);
    }
    if (schema->dictionary != NULL) {
        if (schema->dictionary->release != NULL) {
            schema->dictionary->release(schema->dictionary);
        }
        free(schema->dictionary);
    }
    free((char *)schema->format);
    free((char *)schema->name);
    schema->release = NULL;
}

/* Fills a schema from (format, name, flags, children, dictionary or None); 0 with an exception, and
   nothing is left to release then. */
static int
fill_schema(PyObject *type, struct ArrowSchema *schema)
{
    const char *format, *name;
    long long flags;
    PyObject *children, *dictionary;
    memset(schema, 0, sizeof(*schema));
    if (!PyArg_ParseTuple(type, "ssLO!O", &format, &name, &flags, &PyTuple_Type, &children,
                          &dictionary)) {
        return 0;
    }
    schema->release = release_schema;
    schema->flags = flags;
    schema->n_children = PyTuple_Size(children);
    schema->format = copied(format);
    schema->name = copied(name);
    schema->children = calloc((size_t)schema->n_children + 1, sizeof(*schema->children));
    if (schema->format == NULL || schema->name == NULL || schema->children == NULL) {
        PyErr_NoMemory();
        goto failed;
    }
    for (Py_ssize_t child = 0; child < schema->n_children; child++) {
        schema->children[child] = calloc(1, sizeof(struct ArrowSchema));
        if (schema->children[child] == NULL) {
            PyErr_NoMemory();
            goto failed;
        }
        if (!fill_schema(PyTuple_GetItem(children, child), schema->children[child])) {
            goto failed;
        }
    }
    if (dictionary != Py_None) {
        schema->dictionary = calloc(1, sizeof(struct ArrowSchema));
        if (schema->dictionary == NULL) {
            PyErr_NoMemory();
            goto failed;
        }
        if (!fill_schema(dictionary, schema->dictionary)) {
            goto failed;
        }
    }
    return 1;
failed:
    release_schema(schema);
    return 0;
}

/* Arrays. The bytes that one points to are those of Python objects, which it holds. */

struct Held {
    Py_ssize_t count;
    Py_buffer views[3]; /* no layout here has more */
};

static void
release_array(struct ArrowArray *array)
{
    if (array->children != NULL) {
        for (int64_t child = 0; child < array->n_children; child++) {
            struct ArrowArray *one = array->children[child];
            if (one != NULL && one->release != NULL) {
                one->release(one);
            }
            free(one);
        }
        free(array->children);
    }
    if (array->dictionary != NULL) {
        if (array->dictionary->release != NULL) {
            array->dictionary->release(array->dictionary);
        }
        free(array->dictionary);
    }
    struct Held *held = array->private_data;
    if (held != NULL) {
        if (held->count && Py_IsInitialized()) {
            PyObject *kind, *value, *trace;
            PyGILState_STATE state = PyGILState_Ensure();
            PyErr_Fetch(&kind, &value, &trace); /* one may be on its way */
            for (Py_ssize_t view = 0; view < held->count; view++) {
                PyBuffer_Release(&held->views[view]);
            }
            PyErr_Restore(kind, value, trace);
            PyGILState_Release(state);
        }
        free(held);
    }
    free(array->buffers);
    array->release = NULL;
}

/* Fills an array from (length, nulls, buffers, children, dictionary or None), where a buffer is None
   or an object with one; 0 with an exception, and nothing is left to release then. */
static int
fill_array(PyObject *data, struct ArrowArray *array)
{
    long long length, nulls;
    PyObject *buffers, *children, *dictionary;
    memset(array, 0, sizeof(*array));
    if (!PyArg_ParseTuple(data, "LLO!O!O", &length, &nulls, &PyTuple_Type, &buffers, &PyTuple_Type,
                          &children, &dictionary)) {
        return 0;
    }
    struct Held *held = calloc(1, sizeof(*held));
    array->release = release_array;
    array->private_data = held;
    array->length = length;
    array->null_count = nulls;
    array->n_buffers = PyTuple_Size(buffers);
    array->n_children = PyTuple_Size(children);
    array->buffers = calloc((size_t)array->n_buffers + 1, sizeof(*array->buffers));
    array->children = calloc((size_t)array->n_children + 1, sizeof(*array->children));
    if (held == NULL || array->buffers == NULL || array->children == NULL) {
        PyErr_NoMemory();
        goto failed;
    }
    if (array->n_buffers > 3) {
        PyErr_SetString(PyExc_ValueError, "an array has three buffers at most");
        goto failed;
    }
    for (Py_ssize_t number = 0; number < array->n_buffers; number++) {
        PyObject *buffer = PyTuple_GetItem(buffers, number);
        if (buffer != Py_None) {
            Py_buffer *view = &held->views[held->count];
            if (PyObject_GetBuffer(buffer, view, PyBUF_C_CONTIGUOUS) < 0) {
                goto failed;
            }
            held->count++;
            array->buffers[number] = view->buf;
        }
    }
    for (Py_ssize_t child = 0; child < array->n_children; child++) {
        array->children[child] = calloc(1, sizeof(struct ArrowArray));
        if (array->children[child] == NULL) {
            PyErr_NoMemory();
            goto failed;
        }
        if (!fill_array(PyTuple_GetItem(children, child), array->children[child])) {
            goto failed;
        }
    }
    if (dictionary != Py_None) {
        array->dictionary = calloc(1, sizeof(struct ArrowArray));
        if (array->dictionary == NULL) {
            PyErr_NoMemory();
            goto failed;
        }
        if (!fill_array(dictionary, array->dictionary)) {
            goto failed;
        }
    }
    return 1;
failed:
    release_array(array);
    return 0;
}

/* Streams. */

struct Source {
    PyObject *type;
    PyObject *batches; /* an iterator */
    char *error;       /* the last one's words; NULL: there was none, or no memory for it */
};

/* Keeps the words of the exception that is set, and takes it away. */
static int
failed(struct Source *source)
{
    PyObject *kind, *value, *trace;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    PyObject *words = value == NULL ? NULL : PyObject_Str(value);
    PyObject *bytes = words == NULL ? NULL : PyUnicode_AsEncodedString(words, "utf-8", "replace");
    const char *text = bytes == NULL ? NULL : PyBytes_AsString(bytes);
    free(source->error);
    source->error = text == NULL ? NULL : copied(text);
    Py_XDECREF(bytes);
    Py_XDECREF(words);
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    PyErr_Clear();
    return EIO;
}

static int
get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct Source *source = stream->private_data;
    PyGILState_STATE state = PyGILState_Ensure();
    int result = fill_schema(source->type, out) ? 0 : failed(source);
    PyGILState_Release(state);
    return result;
}

static int
get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct Source *source = stream->private_data;
    PyGILState_STATE state = PyGILState_Ensure();
    int result = 0;
    memset(out, 0, sizeof(*out)); /* not released by anybody: the end of the stream */
    PyObject *batch = PyIter_Next(source->batches);
    if (batch != NULL) {
        result = fill_array(batch, out) ? 0 : failed(source);
        Py_DECREF(batch);
    }
    else if (PyErr_Occurred()) {
        result = failed(source);
    }
    PyGILState_Release(state);
    return result;
}

static const char *
get_last_error(struct ArrowArrayStream *stream)
{
    return ((struct Source *)stream->private_data)->error;
}

static void
release_stream(struct ArrowArrayStream *stream)
{
    struct Source *source = stream->private_data;
    if (Py_IsInitialized()) {
        PyObject *kind, *value, *trace;
        PyGILState_STATE state = PyGILState_Ensure();
        PyErr_Fetch(&kind, &value, &trace);
        Py_DECREF(source->type);
        Py_DECREF(source->batches);
        PyErr_Restore(kind, value, trace);
        PyGILState_Release(state);
    }
    free(source->error);
    free(source);
    stream->release = NULL;
}

/* Capsules. What nobody has taken over is released with them. */

static void
drop_schema(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, SCHEMA_NAME);
    if (schema->release != NULL) {
        schema->release(schema);
    }
    free(schema);
}

static void
drop_stream(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, STREAM_NAME);
    if (stream->release != NULL) {
        stream->release(stream);
    }
    free(stream);
}

static PyObject *
schema(PyObject *Py_UNUSED(module), PyObject *type)
{
    struct ArrowSchema *made = malloc(sizeof(*made));
    if (made == NULL) {
        return PyErr_NoMemory();
    }
    if (!fill_schema(type, made)) {
        free(made);
        return NULL;
    }
    PyObject *capsule = PyCapsule_New(made, SCHEMA_NAME, drop_schema);
    if (capsule == NULL) {
        release_schema(made);
        free(made);
    }
    return capsule;
}

static PyObject *
stream(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    PyObject *type, *batches;
    if (!PyArg_ParseTuple(arguments, "O!O:stream", &PyTuple_Type, &type, &batches)) {
        return NULL;
    }
    struct ArrowArrayStream *made = malloc(sizeof(*made));
    struct Source *source = calloc(1, sizeof(*source));
    PyObject *iterator = PyObject_GetIter(batches);
    if (made == NULL || source == NULL || iterator == NULL) {
        free(made);
        free(source);
        Py_XDECREF(iterator);
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    }
    Py_INCREF(type);
    *source = (struct Source){type, iterator, NULL};
    *made = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, source};
    PyObject *capsule = PyCapsule_New(made, STREAM_NAME, drop_stream);
    if (capsule == NULL) {
        release_stream(made);
        free(made);
    }
    return capsule;
}

PyDoc_STRVAR(schema_doc,
             "schema(type, /)\n--\n\n"
             "A capsule of an ArrowSchema, from its format, name, flags, types of children and, or\n"
             "None, type of its dictionary.");

PyDoc_STRVAR(stream_doc,
             "stream(type, batches, /)\n--\n\n"
             "A capsule of an ArrowArrayStream of that type, of batches as they are asked for: their\n"
             "length, nulls, buffers or None, children and, or None, dictionary.");

static PyMethodDef METHODS[] = {
    {"schema", schema, METH_O, schema_doc},
    {"stream", stream, METH_VARARGS, stream_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef MODULE = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_arrow",
    .m_doc = "Columns as Arrow's C data and C stream interfaces have them.",
    .m_size = 0,
    .m_methods = METHODS,
};

PyMODINIT_FUNC
PyInit__arrow(void)
{
    return PyModule_Create(&MODULE);
}
