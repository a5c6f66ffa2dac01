import { IconChevronDown, IconChevronUp, IconSelector } from '@tabler/icons-react';
import { createColumnHelper, type Row, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, memo, type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useText } from '../text/use-text.ts';
import './fleet-table.css';

const features = tableFeatures({});
type Features = typeof features;

/** A column of a long list. */
export interface FleetColumn<T> {
  readonly id: string;
  readonly header: string;
  /** Width as a grid track: `minmax(12rem, 2fr)`. */
  readonly track: string;
  /** Its track on a phone; left out there when absent. */
  readonly phone?: string;
  /** Field to sort by, as the hub names it. */
  readonly sort?: string;
  /** Content of plain elements: heavy components make scrolling slow. */
  readonly cell: (row: T) => ReactNode;
}

interface FleetTableProps<T> {
  readonly label: string;
  readonly columns: readonly FleetColumn<T>[];
  readonly rows: readonly T[];
  /** How many rows there are in all, loaded or not. */
  readonly total: number;
  readonly rowId: (row: T) => string;
  readonly selected?: ((row: T) => boolean) | undefined;
  readonly sort?: string | undefined;
  readonly onSort?: ((sort: string) => void) | undefined;
  readonly onEnd: () => void;
}

/** Height of a row as the style sheet has it (`--row-height`), in pixels: it is taller on a phone and grows with the type. */
function rowHeightPx(): number {
  const { fontSize } = getComputedStyle(document.documentElement);
  const tall = matchMedia('(max-width: 48em)').matches;
  return (tall ? 4.75 : 3.625) * Number.parseFloat(fontSize);
}

function SortHeader<T>({
  column,
  sort,
  onSort,
}: {
  readonly column: FleetColumn<T>;
  readonly sort: string | undefined;
  readonly onSort: (sort: string) => void;
}) {
  const { t } = useText();
  const field = column.sort ?? '';
  const Icon = sort === field ? IconChevronUp : sort === `-${field}` ? IconChevronDown : IconSelector;
  return (
    <button
      type="button"
      className="fleet-sort"
      title={t('list.sortBy', { column: column.header })}
      onClick={() => onSort(sort === field ? `-${field}` : field)}
    >
      {column.header}
      <Icon aria-hidden />
    </button>
  );
}

function ariaSort(
  field: string | undefined,
  sort: string | undefined,
): 'ascending' | 'descending' | 'none' | undefined {
  if (field === undefined) return undefined;
  if (sort === field) return 'ascending';
  return sort === `-${field}` ? 'descending' : 'none';
}

interface RowViewProps<T extends RowData> {
  readonly row: Row<Features, T>;
  readonly columns: readonly FleetColumn<T>[];
  readonly start: number;
  readonly selected: boolean;
}

function RowView<T extends RowData>({ row, columns, start, selected }: RowViewProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: rows of a virtual list are positioned, which a table's own elements do not allow
    // biome-ignore lint/a11y/useFocusableInteractive: the link inside takes the focus
    <div
      role="row"
      className="fleet-row"
      aria-rowindex={row.index + 2}
      data-selected={selected || undefined}
      style={{ transform: `translateY(${start}px)` }}
    >
      {columns.map((column) => (
        // biome-ignore lint/a11y/useSemanticElements: see the row
        <div key={column.id} role="cell" className={column.phone ? 'fleet-cell' : 'fleet-cell wide-only'}>
          {column.cell(row.original)}
        </div>
      ))}
    </div>
  );
}

const MemoRow = memo(
  RowView,
  (before, after) =>
    before.row.original === after.row.original &&
    before.row.index === after.row.index &&
    before.columns === after.columns &&
    before.start === after.start &&
    before.selected === after.selected,
) as typeof RowView;

function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const row = event.target instanceof Element ? event.target.closest('.fleet-row') : null;
  if (!row) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('.fleet-row .fleet-link')];
  const rows = links.sort((a, b) => rowIndex(a) - rowIndex(b));
  const next = rows.findIndex((link) => row.contains(link)) + (event.key === 'ArrowDown' ? 1 : -1);
  const target = rows[next];
  if (!target) return;
  event.preventDefault();
  target.focus();
  target.scrollIntoView({ block: 'nearest' });
}

function rowIndex(link: Element): number {
  return Number(link.closest('.fleet-row')?.getAttribute('aria-rowindex') ?? 0);
}

/** A long list: only the rows in sight exist, further pages are fetched as one scrolls, readers of the screen still learn the true length. */
export function FleetTable<T extends RowData>(props: FleetTableProps<T>) {
  const { columns, rows, total, onEnd } = props;
  const scroll = useRef<HTMLDivElement>(null);
  const definitions = useMemo(() => {
    const helper = createColumnHelper<Features, T>();
    return columns.map((column) => helper.display({ id: column.id, header: column.header }));
  }, [columns]);
  const table = useTable({ features, columns: definitions, data: rows as T[], getRowId: props.rowId });
  const models = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: models.length,
    getScrollElement: () => scroll.current,
    estimateSize: rowHeightPx,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const lastIndex = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastIndex >= models.length - 15) onEnd();
  }, [lastIndex, models.length, onEnd]);

  const tracks = {
    '--tracks': columns.map((column) => column.track).join(' '),
    '--phone-tracks': columns.map((column) => column.phone ?? '').join(' '),
  } as CSSProperties;

  return (
    // biome-ignore lint/a11y/useSemanticElements: see the row
    <div
      ref={scroll}
      className="fleet-scroll"
      role="table"
      aria-label={props.label}
      aria-rowcount={total + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      style={tracks}
      onKeyDown={moveFocus}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: see the row */}
      <div role="rowgroup">
        {/* biome-ignore lint/a11y/useSemanticElements: see the row */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: see the row */}
        <div role="row" className="fleet-head" aria-rowindex={1}>
          {columns.map((column) => (
            // biome-ignore lint/a11y/useSemanticElements: see the row
            // biome-ignore lint/a11y/useFocusableInteractive: see the row
            <div
              key={column.id}
              role="columnheader"
              className={column.phone ? undefined : 'wide-only'}
              aria-sort={ariaSort(column.sort, props.sort)}
            >
              {column.sort !== undefined && props.onSort ? (
                <SortHeader column={column} sort={props.sort} onSort={props.onSort} />
              ) : (
                column.header
              )}
            </div>
          ))}
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: see the row */}
      <div role="rowgroup" className="fleet-body" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = models[item.index];
          return row ? (
            <MemoRow
              key={row.id}
              row={row}
              columns={columns}
              start={item.start}
              selected={props.selected?.(row.original) ?? false}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}
