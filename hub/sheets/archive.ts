import { SheetRefusal, sheetLimits } from './sheet.ts';

/**
 * Looks through the directory of a ZIP archive (APPNOTE 6.3.10, 4.3.12 and 4.3.16) before anything is unpacked. The library
 * that unpacks stops at the size that this directory tells, so that its sum bounds the memory that a hostile file can take.
 * Throws SheetRefusal.
 */
export function requireHarmlessArchive(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const parts = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (parts === 0xffff || start === 0xffff_ffff) throw hostile('it is of a kind made for files larger than we take');
  if (parts > sheetLimits.parts) throw hostile(`it has ${parts} parts`);
  const names = new Set<string>();
  let unpacked = 0;
  let at = start;
  for (let index = 0; index < parts; index++) {
    if (at + entryBytes > bytes.length || view.getUint32(at, true) !== entrySignature)
      throw hostile('its directory is broken');
    const nameBytes = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + entryBytes, at + entryBytes + nameBytes));
    requireHarmlessName(name, names);
    const [packedSize, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    // An empty part packs into two bytes; a larger one that says to be empty would be unpacked without a bound.
    if (size === 0 && packedSize > 2) throw hostile(`its part ${name} does not tell its size`);
    if (packedSize === 0 && size > 0) throw hostile(`its part ${name} does not tell its size`);
    unpacked += size;
    if (unpacked > sheetLimits.unpackedBytes) throw hostile('it unpacks to more than any table that we take');
    at += entryBytes + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}

const entrySignature = 0x02014b50;
const endSignature = 0x06054b50;
const entryBytes = 46;
const endBytes = 22;

function findEnd(view: DataView): number {
  for (let at = view.byteLength - endBytes; at >= Math.max(0, view.byteLength - endBytes - 0xffff); at--)
    if (view.getUint32(at, true) === endSignature) return at;
  throw hostile('its end is missing');
}

function requireHarmlessName(name: string, names: Set<string>): void {
  if (name.startsWith('/') || /\\|\0|(^|\/)\.\.(\/|$)|^[A-Za-z]:/.test(name))
    throw hostile('a part of it points out of the file');
  if (names.has(name)) throw hostile(`its part ${name} is there twice`);
  names.add(name);
}

function hostile(why: string): SheetRefusal {
  return new SheetRefusal(
    'Tệp này không phải bảng tính đọc được. Hãy mở bằng Excel hoặc LibreOffice và lưu lại dạng .xlsx.',
    `This is not a workbook that we read: ${why}. Save it again as .xlsx with Excel or LibreOffice.`,
  );
}
