import { readFile } from 'node:fs/promises';
import { FatalError } from '../protocols/errors.ts';

export interface VoucherSource {
  /** Typed on the command line; whoever lists the processes of this machine sees it there. */
  readonly voucher?: string;
  readonly voucherFile?: string;
}

export interface VoucherPrompt {
  /** Where a person types, or a scanner that types like a keyboard. */
  readonly input: () => AsyncIterable<Buffer | string>;
  readonly say: (line: string) => void;
}

/** Longer than any signed voucher. */
const mostBytes = 16 * 1024;

/** The voucher from the command line, from a file, or as the first line that is typed. Throws FatalError `invalid-voucher`. */
export async function readVoucher(source: VoucherSource, prompt: VoucherPrompt): Promise<string> {
  if (source.voucher !== undefined) return source.voucher;
  if (source.voucherFile !== undefined) return (await readFile(source.voucherFile, 'utf8')).slice(0, mostBytes);
  prompt.say('Quét mã QR của phiếu, hoặc gõ mã phiếu (EF1-…) rồi bấm Enter. / Scan the voucher, or type its code:');
  let text = '';
  for await (const chunk of prompt.input()) {
    text += chunk.toString();
    const end = /[\r\n]/.exec(text.trimStart());
    if (end) return text.trimStart().slice(0, end.index);
    if (text.length > mostBytes) break;
  }
  if (text.trim() === '') throw new FatalError('invalid-voucher', 'no voucher was given');
  return text.trim().slice(0, mostBytes);
}
