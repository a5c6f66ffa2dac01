import { Button, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Device } from '../../../../../protocols/api/devices.ts';
import type { DeviceConfiguration } from '../../../../../protocols/api/operation/configuration.ts';
import { findSetting } from '../../../../../protocols/fleet/configuration/settings.ts';
import { ProblemWords } from '../../capabilities/parts/problem.tsx';
import { StandingBadge } from '../../capabilities/parts/standing.tsx';
import { deviceConfigurationQuery } from '../../data/configuration.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { wordOf } from './values.ts';
import { type WishDraft, WishForm } from './wish-form.tsx';
import './configuration.css';

type Row = DeviceConfiguration['settings'][number];

/** Desired and reported value of each setting of a device, with age, origin and standing. */
export function ConfigurationCard({ device }: { readonly device: Device }) {
  const { t } = useText();
  const may = useMay('configure');
  const read = useQuery(deviceConfigurationQuery(device.id));
  const [draft, setDraft] = useState<WishDraft>();
  const found = read.data;
  if (!found || found.settings.length === 0) return null;
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('configuration.title')}</h2>
      </div>
      {found.isDelivered ? null : <p className="small soft">{t('configuration.waiting')}</p>}
      <ul className="settings">
        {found.settings.map((row) => (
          <SettingRow key={row.key} row={row} onEdit={may ? setDraft : undefined} />
        ))}
      </ul>
      {draft ? (
        <Modal
          opened
          onClose={() => setDraft(undefined)}
          closeOnClickOutside={false}
          title={t('configuration.of', { name: device.name })}
          closeButtonProps={{ 'aria-label': t('word.close') }}
        >
          <WishForm place={{ device: device.id }} draft={draft} onClose={() => setDraft(undefined)} />
        </Modal>
      ) : null}
    </section>
  );
}

interface SettingRowProps {
  readonly row: Row;
  readonly onEdit: ((draft: WishDraft) => void) | undefined;
}

function SettingRow({ row, onEdit }: SettingRowProps) {
  const { t } = useText();
  const { desired, reported, standing, tries, since, problem } = row;
  return (
    <li>
      <SettingHead row={row} onEdit={onEdit} />
      <dl className="facts">
        {desired ? (
          <div style={{ display: 'contents' }}>
            <dt>{t('configuration.desired')}</dt>
            <dd>
              {wordOf(desired.value, t)} <OriginWords row={row} />
            </dd>
          </div>
        ) : null}
        <div style={{ display: 'contents' }}>
          <dt>{t('configuration.reported')}</dt>
          <dd>
            {wordOf(reported?.value, t)} {reported ? <Age at={reported.at} /> : null}
          </dd>
        </div>
      </dl>
      {since ? (
        <p className="small soft">
          <Age at={since} /> {tries ? t('standing.tries', { count: tries }) : null}
        </p>
      ) : null}
      {problem ? <ProblemWords problem={problem} /> : null}
      {standing === 'contested' ? <p className="small">{t('configuration.contested.do')}</p> : null}
    </li>
  );
}

function SettingHead({ row: { key, desired, reported, standing }, onEdit }: SettingRowProps) {
  const { t, pick } = useText();
  const setting = findSetting(key);
  const label = setting ? pick(setting.label) : key;
  const verb = t(desired ? 'configuration.edit' : 'configuration.set');
  const draft: WishDraft = {
    key,
    value: desired?.value ?? reported?.value,
    isHere: desired !== undefined && 'device' in desired.origin,
    ...(desired ? { keeping: desired.keeping } : {}),
  };
  return (
    <div className="setting-head">
      <strong>{label}</strong>
      {standing === 'not-wished' ? null : <StandingBadge standing={standing} />}
      {onEdit ? (
        <Button size="compact-xs" variant="subtle" aria-label={`${verb}: ${label}`} onClick={() => onEdit(draft)}>
          {verb}
        </Button>
      ) : null}
    </div>
  );
}

/** From where the wish comes, and what it stands in front of. */
function OriginWords({ row: { desired, hidden } }: { readonly row: Row }) {
  const { t } = useText();
  if (!desired) return null;
  const { origin } = desired;
  const [next] = hidden;
  const instead =
    next && 'unit' in next.origin
      ? t('configuration.hides', { value: wordOf(next.value, t), name: next.origin.unit.name })
      : undefined;
  const from = 'unit' in origin ? t('configuration.from', { name: origin.unit.name }) : t('configuration.here');
  return <span className="soft small">({instead ? `${from}, ${instead}` : from})</span>;
}
