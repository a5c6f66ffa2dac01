import { Button, Menu } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Unit } from '../../../../../protocols/api/units.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ChangeDialog, changeKeys } from './change-dialog.tsx';
import type { ChangeKind } from './change-draft.ts';
import { HistoryDialog } from './history-dialog.tsx';

const kinds = ['rename', 'aliases', 'line', 'move', 'merge', 'split', 'close'] as const;
/** What can be taken over by another of its kind. */
const mergeable: readonly Unit['kind'][] = ['commune', 'office', 'school', 'building'];

function fits(unit: Unit, kind: ChangeKind): boolean {
  if (kind === 'merge') return mergeable.includes(unit.kind);
  if (kind === 'line' || kind === 'split') return unit.kind === 'school';
  return kind === 'rename' || kind === 'aliases' || unit.parent !== undefined;
}

/** What may be done with a unit: its changes, its history, imports into it. */
export function UnitMenu({ unit }: { readonly unit: Unit | undefined }) {
  const { t } = useText();
  const may = useMay('manage-units');
  const [opened, setOpened] = useState<ChangeKind | 'history'>();
  if (!unit) return null;
  const close = () => setOpened(undefined);
  const isOpen = unit.validTo === undefined;
  return (
    <>
      <Button
        variant="default"
        renderRoot={(props) => <Link to="/units/$unit/configuration" params={{ unit: String(unit.id) }} {...props} />}
      >
        {t('configuration.open')}
      </Button>
      <Button
        variant="default"
        renderRoot={(props) => <Link to="/availability" search={{ unit: unit.id }} {...props} />}
      >
        {t('availability.title')}
      </Button>
      <Button variant="default" onClick={() => setOpened('history')}>
        {t('units.history')}
      </Button>
      <Button variant="default" renderRoot={(props) => <Link to="/calendar" search={{ unit: unit.id }} {...props} />}>
        {t('calendar.open')}
      </Button>
      {may && isOpen ? (
        <Menu position="bottom-end" withinPortal withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
              {t('change.menu')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {kinds
              .filter((kind) => fits(unit, kind))
              .map((kind) => (
                <Menu.Item key={kind} onClick={() => setOpened(kind)}>
                  {t(changeKeys[kind])}
                </Menu.Item>
              ))}
            <Menu.Item
              renderRoot={(props) => (
                <Link
                  to="/import"
                  search={{ unit: unit.id, of: unit.kind === 'school' ? 'site' : 'units' }}
                  {...props}
                />
              )}
            >
              {t('import.open')}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {opened === 'history' ? <HistoryDialog unit={unit} onClose={close} /> : null}
      {opened !== undefined && opened !== 'history' ? <ChangeDialog unit={unit} kind={opened} onClose={close} /> : null}
    </>
  );
}
