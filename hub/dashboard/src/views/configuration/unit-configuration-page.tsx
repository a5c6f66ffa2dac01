import { Button, Modal } from '@mantine/core';
import { IconAdjustments, IconChecks } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type {
  ConfigurationHistory,
  DriftRow,
  UnitConfiguration,
} from '../../../../../protocols/api/operation/configuration.ts';
import { findSetting } from '../../../../../protocols/fleet/configuration/settings.ts';
import { ProblemWords } from '../../capabilities/parts/problem.tsx';
import { StandingBadge } from '../../capabilities/parts/standing.tsx';
import {
  configurationApi,
  configurationHistoryQuery,
  driftQuery,
  unitConfigurationQuery,
} from '../../data/configuration.ts';
import { queryClient } from '../../data/query-client.ts';
import { useFamilies } from '../../state/families.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { wordOf } from './values.ts';
import { type WishDraft, WishForm } from './wish-form.tsx';
import './configuration.css';

type Row = UnitConfiguration['settings'][number];

const keepingKeys = { heal: 'keeping.heal', 'power-on': 'keeping.power-on', report: 'keeping.report' } as const;

/** What is wished of the devices of a unit, which of them differ, and what was changed when. */
export function UnitConfigurationPage() {
  const { t } = useText();
  const { unit: param } = useParams({ from: '/frame/units/$unit/configuration' });
  const unit = Number(param);
  const may = useMay('configure');
  const read = useQuery(unitConfigurationQuery(unit));
  const [draft, setDraft] = useState<WishDraft>();
  const name = read.data?.unit.name ?? '';
  const close = () => setDraft(undefined);
  return (
    <Page
      title={t('configuration.of', { name })}
      actions={may ? <Button onClick={() => setDraft({ key: 'volume.level' })}>{t('configuration.set')}</Button> : null}
    >
      <Answer read={read} what={t('configuration.what')} height={20}>
        {({ settings }) => (
          <section className="card">
            <p className="soft">{t('configuration.lead')}</p>
            {settings.length === 0 ? (
              <Blank icon={IconAdjustments} title={t('configuration.none')}>
                <p className="soft">{t('configuration.none.do')}</p>
              </Blank>
            ) : (
              <ul className="settings">
                {settings.map((row) => (
                  <WishRow
                    key={`${row.key} ${familyOf(row)}`}
                    row={row}
                    unit={unit}
                    onEdit={may ? setDraft : undefined}
                  />
                ))}
              </ul>
            )}
          </section>
        )}
      </Answer>
      <Drift unit={unit} />
      <History unit={unit} may={may} />
      {draft ? (
        <Modal
          opened
          onClose={close}
          closeOnClickOutside={false}
          title={t('configuration.of', { name })}
          closeButtonProps={{ 'aria-label': t('word.close') }}
        >
          <WishForm place={{ unit }} draft={draft} onClose={close} />
        </Modal>
      ) : null}
    </Page>
  );
}

interface WishRowProps {
  readonly row: Row;
  readonly unit: number;
  readonly onEdit: ((draft: WishDraft) => void) | undefined;
}

/** The one family that a wish is for, or nothing. */
function familyOf({ desired: { origin } }: Row): string {
  return 'unit' in origin ? (origin.family ?? '') : '';
}

function WishRow({ row, unit, onEdit }: WishRowProps) {
  const { key, desired } = row;
  const family = familyOf(row);
  const families = useFamilies();
  const { t, pick } = useText();
  const setting = findSetting(key);
  const { origin } = desired;
  const isHere = 'unit' in origin && origin.unit.id === unit;
  const label = setting ? pick(setting.label) : key;
  return (
    <li>
      <div className="setting-head">
        <strong>{label}</strong>
        <span>{wordOf(desired.value, t)}</span>
        {family === '' ? null : <span className="soft">{families.nameOf(family)}</span>}
        <span className="soft small">
          {isHere || !('unit' in origin)
            ? t('configuration.here')
            : t('configuration.from', { name: origin.unit.name })}
        </span>
        {onEdit ? (
          <Button
            size="compact-xs"
            variant="subtle"
            aria-label={`${t('configuration.edit')}: ${label}`}
            onClick={() =>
              onEdit({
                key,
                value: desired.value,
                keeping: desired.keeping,
                isHere,
                ...(family === '' ? {} : { family }),
              })
            }
          >
            {t('configuration.edit')}
          </Button>
        ) : null}
      </div>
      <p className="soft small">
        {t(keepingKeys[desired.keeping])} · {desired.setBy} · <Age at={desired.setAt} />
      </p>
    </li>
  );
}

function Drift({ unit }: { readonly unit: number }) {
  const { t } = useText();
  const read = useQuery(driftQuery(unit));
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('drift.title')}</h2>
        <span className="soft number">{read.data ? t('list.total', { count: read.data.total }) : null}</span>
      </div>
      <Answer read={read} what={t('drift.what')} height={8}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Blank icon={IconChecks} title={t('drift.none')} tone="ok" />
          ) : (
            <ul className="settings">
              {rows.map((row) => (
                <DriftLine key={`${row.device.id} ${row.key}`} row={row} />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}

function DriftLine({ row: { device, unit, key, standing, since, tries, problem } }: { readonly row: DriftRow }) {
  const { t, pick } = useText();
  const setting = findSetting(key);
  return (
    <li>
      <div className="setting-head">
        <Link to="/devices/$device" params={{ device: device.id }}>
          {device.name}
        </Link>
        <span className="soft">{unit.name}</span>
        <span>{setting ? pick(setting.label) : key}</span>
        <StandingBadge standing={standing} />
      </div>
      <p className="soft small">
        <Age at={since} /> {tries > 0 ? t('standing.tries', { count: tries }) : null}
      </p>
      {problem ? <ProblemWords problem={problem} /> : null}
    </li>
  );
}

function History({ unit, may }: { readonly unit: number; readonly may: boolean }) {
  const { t } = useText();
  const read = useQuery(configurationHistoryQuery({ unit }));
  const rows = read.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('history.title')}</h2>
      </div>
      <ul className="settings">
        {rows.map((row) => (
          <HistoryRow key={row.id} row={row} may={may} />
        ))}
      </ul>
    </section>
  );
}

function HistoryRow({ row, may }: { readonly row: ConfigurationHistory; readonly may: boolean }) {
  const { t, pick } = useText();
  const revert = useMutation({
    mutationFn: () => configurationApi.revert(row.id, { reason: t('history.reverted.reason', { change: row.id }) }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  return (
    <li>
      <div className="setting-head">
        <span className="number soft">#{row.id}</span>
        <Moment at={row.at} />
        <span>{row.by}</span>
        {may ? (
          <Button size="compact-xs" variant="subtle" loading={revert.isPending} onClick={() => revert.mutate()}>
            {t('history.revert')}
          </Button>
        ) : null}
      </div>
      <ul className="small">
        {row.changes.map(({ key, before, after }) => {
          const setting = findSetting(key);
          return (
            <li key={key}>
              {setting ? pick(setting.label) : key}:{' '}
              {t('configuration.row', {
                before: before ? wordOf(before.value, t) : t('history.unset'),
                after: after ? wordOf(after.value, t) : t('history.unset'),
              })}
            </li>
          );
        })}
      </ul>
      <p className="soft small">
        {row.reason} {row.reverts === undefined ? null : `(${t('history.reverts', { change: row.reverts })})`}
      </p>
      <ProblemLine error={revert.error} />
    </li>
  );
}
