"""Writes a program out of an archive (tar or zip) to standard output: the first one whose name contains a text, or the
one inside the first inner zip with such a name.

    unpack.py ARCHIVE TEXT
"""

import io
import shutil
import sys
import tarfile
import zipfile

PROGRAM = b"\x7fELF"


def files(archive):
    """Names and contents."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                yield name, packed.read(name)
    else:
        archive.seek(0)
        with tarfile.open(fileobj=archive) as packed:
            for member in packed:
                if member.isfile():
                    yield member.name, packed.extractfile(member).read()


def find(archive, text):
    for name, content in files(archive):
        if text in name and content.startswith(PROGRAM):
            return content
        if text in name and content.startswith(b"PK"):
            # The name of the inner archive decides.
            return find(io.BytesIO(content), "")
    return None


def main():
    path, text = sys.argv[1:]
    with open(path, "rb") as archive:
        content = find(archive, text)
    if content is None:
        sys.exit("%s holds no %s" % (path, text))
    shutil.copyfileobj(io.BytesIO(content), sys.stdout.buffer)


if __name__ == "__main__":
    main()
