import { FatalError } from '../../../../protocols/errors.ts';
import type { PanelInput } from '../panel-wire.ts';

/** One source: the code that selects it first, then others that a panel may tell for it. Hex digits or the wire's own word. */
export interface InputRow extends PanelInput {
  readonly codes: readonly string[];
}

export interface InputTable {
  readonly inputs: readonly PanelInput[];
  /** The name of a code; `code-<code>` where it has none. */
  idOf(code: string): string;
  /** Throws FatalError `invalid-arguments` for an id that is neither a name nor a code of the right form. */
  codeOf(id: string): string;
}

const codePrefix = 'code-';

/** A table of sources, open for codes that newer models bring: those keep their code as their name. */
export function createInputTable(rows: readonly InputRow[], codeForm: RegExp): InputTable {
  return {
    inputs: rows.map(({ id, label }) => ({ id, label })),
    idOf: (code) =>
      rows.find(({ codes }) => codes.includes(code.toLowerCase()))?.id ?? `${codePrefix}${code.toLowerCase()}`,
    codeOf: (id) => {
      const named = rows.find((row) => row.id === id)?.codes[0];
      if (named !== undefined) return named;
      const code = id.startsWith(codePrefix) ? id.slice(codePrefix.length) : '';
      if (codeForm.test(code)) return code;
      throw new FatalError('invalid-arguments', `this board has no input ${id}`);
    },
  };
}

/** Two hex digits. */
export const hexByte = /^[0-9a-f]{2}$/;

export function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
