"""Files of weights made by hand, proper and hostile, without the libraries that write them."""

import io
import json
import pickle
import struct
import zipfile
from dataclasses import dataclass, field

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C


@dataclass(frozen=True)
class Global:
    """A name in a pickle, whatever it stands for."""

    module: str
    name: str

    def __call__(self):
        """Let the pickler take it for a function; it is never called."""
        raise NotImplementedError


@dataclass(eq=False, repr=False)
class Call:
    """What a pickle makes by calling a name; then it gets a state, if there is one."""

    of: object
    arguments: tuple = ()
    state: object = None


@dataclass(eq=False)
class Persistent:
    """What lies outside the pickle."""

    pid: object


@dataclass(eq=False)
class Raw:
    """Opcodes as they are, after the values that they take from the stack."""

    opcodes: bytes
    values: list = field(default_factory=list)


class Writer(pickle._Pickler):  # noqa: SLF001 - only the one in Python lets opcodes through
    """Writes names without looking them up."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012, SLF001

    def persistent_id(self, obj):
        """Say what lies outside the pickle."""
        return obj.pid if isinstance(obj, Persistent) else None

    def _save_name(self, obj):
        if self.proto >= 4:
            self.save(obj.module)
            self.save(obj.name)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
        self.memoize(obj)

    def _save_call(self, obj):
        self.save_reduce(obj.of, obj.arguments, obj.state, obj=obj)

    def _save_raw(self, obj):
        for value in obj.values:
            self.save(value)
        self.write(obj.opcodes)

    dispatch |= {Global: _save_name, Call: _save_call, Raw: _save_raw}


def pickled(value, protocol=2):
    """Pickle plain values and the classes above."""
    stream = io.BytesIO()
    Writer(stream, protocol).dump(value)
    return stream.getvalue()


def tensor(  # noqa: PLR0913 - as torch pickles it
    key, shape, *, kind="FloatStorage", module="torch", offset=0, strides=None, whole=None, view=()
):
    """Describe a tensor as torch does, row by row unless told otherwise."""
    steps = [int(np.prod(shape[i + 1 :])) for i in range(len(shape))]
    whole = int(np.prod(shape)) if whole is None else whole
    pid = ("storage", Global(module, kind), key, "cuda:0", whole, *view)
    arguments = (Persistent(pid), offset, shape, tuple(steps) if strides is None else strides)
    hooks = Call(Global("collections", "OrderedDict"))
    return Call(Global("torch._utils", "_rebuild_tensor_v2"), (*arguments, False, hooks))


def module(of, *, parameters=(), buffers=(), modules=(), **attributes):
    """Describe a module as torch does."""
    parts = {"_parameters": parameters, "_buffers": buffers, "_modules": modules}
    state = {"training": True} | {name: dict(part) for name, part in parts.items()} | attributes
    return Call(Global(*of.rsplit(".", 1)), (), state)


def write_archive(path, value, storages=(), *, order="little", extra=()):
    """Write an archive as torch does since 1.6."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", value if isinstance(value, bytes) else pickled(value))
        archive.writestr("a/byteorder", order)
        for key, raw in dict(storages).items():
            archive.writestr(f"a/data/{key}", raw)
        for name, raw in dict(extra).items():
            archive.writestr(name, raw)
    return path


def write_legacy(path, value, storages=(), *, item=4, keys=None):
    """Write the format of torch before 1.6."""
    storages = dict(storages)
    start = (MAGIC, 1001, {"little_endian": True})
    parts = [pickled(part) for part in start]
    parts.append(value if isinstance(value, bytes) else pickled(value))
    parts.append(pickled(sorted(storages) if keys is None else keys))
    for _, raw in sorted(storages.items()):
        parts += [struct.pack("<q", len(raw) // item), raw]
    path.write_bytes(b"".join(parts))
    return path


def write_safetensors(path, tensors, **changes):
    """Write arrays, or raw bytes with a type and shape of one's own."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, (kind, shape, raw) in tensors.items():
        places = [len(data), len(data) + len(raw)]
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": places} | changes
        data += raw
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def write_keras(path, layers, config=None, *, group="model_weights"):
    """Write a Keras model, or its weights if there is no config."""
    import h5py  # noqa: PLC0415 - optional

    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "2.4.0"
        if config is not None:
            file.attrs["model_config"] = json.dumps(config)
        root = file.create_group(group) if group else file
        root.attrs["layer_names"] = [name.encode() for name in layers]
        for layer, weights in layers.items():
            place = root.create_group(layer)
            place.attrs["weight_names"] = [name.encode() for name in weights]
            for name, array in weights.items():
                place.create_dataset(name, data=array)
    return path
