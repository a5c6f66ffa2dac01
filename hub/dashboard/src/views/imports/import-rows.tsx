import type { ImportResult, ImportRow } from '../../../../../protocols/api/organisation/imports.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { nothing } from '../../ui/format.ts';

const outcomeKeys = {
  new: 'import.outcome.new',
  changed: 'import.outcome.changed',
  unchanged: 'import.outcome.unchanged',
  refused: 'import.outcome.refused',
} as const satisfies Record<ImportRow['outcome'], TextKey>;

/** What each row comes to; what is wrong stands first, by its cell. */
export function ImportRows({ result: { rows, counts } }: { readonly result: Pick<ImportResult, 'rows' | 'counts'> }) {
  const { t, language } = useText();
  if (rows.length === 0) return null;
  const all = counts.new + counts.changed + counts.unchanged + counts.refused;
  return (
    <>
      <ul className="import-rows">
        {rows.map((row) => (
          <li key={`${row.sheet} ${row.row}`} data-outcome={row.outcome}>
            <span className="soft small">{t('import.row', { sheet: row.sheet, row: row.row })}</span>
            <span>{row.name === '' ? nothing : row.name}</span>
            <span className="small">{t(outcomeKeys[row.outcome])}</span>
            {row.errors.length > 0 ? (
              <ul className="small">
                {row.errors.map((error) => (
                  <li key={`${error.cell} ${error.message.en}`}>
                    <span className="code">{error.cell}</span> {error.message[language]}
                  </li>
                ))}
              </ul>
            ) : null}
          </li>
        ))}
      </ul>
      {all > rows.length ? <p className="soft small">{t('import.more', { shown: rows.length })}</p> : null}
    </>
  );
}
