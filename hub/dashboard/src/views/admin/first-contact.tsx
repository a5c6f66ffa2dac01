import { Button, Group, Loader } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconKey } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Device } from '../../../../../protocols/api/devices.ts';
import { capabilities } from '../../../../../protocols/fleet/capabilities/index.ts';
import { deviceQuery } from '../../data/queries.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { EditDevice } from '../device/edit-dialog.tsx';
import '../device/device.css';

interface FirstContactProps {
  readonly devices: readonly { readonly device: string; readonly name: string }[];
  readonly onDone: () => void;
}

/** After adoption: whether each device answers and accepts what it was given, and which step failed, as it happens. */
export function FirstContact({ devices, onDone }: FirstContactProps) {
  const { t } = useText();
  return (
    <div className="stack" role="status">
      <p>{t('contact.text')}</p>
      <ul className="preview-list stack">
        {devices.map(({ device, name }) => (
          <Contact key={device} id={device} name={name} />
        ))}
      </ul>
      <Group justify="flex-end">
        <Button onClick={onDone}>{t('word.close')}</Button>
      </Group>
    </div>
  );
}

const verdicts = {
  up: 'contact.up',
  'up-without-authentication': 'contact.refused',
  reachable: 'contact.silent',
  unreachable: 'contact.unreachable',
} as const satisfies Record<string, TextKey>;

function Contact({ id, name }: { readonly id: string; readonly name: string }) {
  const { t } = useText();
  const read = useQuery({ ...deviceQuery(id), refetchInterval: (query) => (isUp(query.state.data) ? false : 2_000) });
  const state = read.data && reachabilityOf(read.data);
  if (!state?.status)
    return (
      <li className="row">
        <Loader size={16} aria-hidden />
        <b>{name}</b> <span className="soft">{t('contact.waiting')}</span>
      </li>
    );
  const isWell = state.status === 'up';
  return (
    <li>
      <div className="row">
        {isWell ? (
          <IconCheck size={18} aria-hidden style={{ color: 'var(--ok)' }} />
        ) : (
          <IconAlertTriangle size={18} aria-hidden style={{ color: 'var(--attention)' }} />
        )}
        <Link to="/devices/$device" params={{ device: id }}>
          {name}
        </Link>
        <span>{t(verdicts[state.status])}</span>
      </div>
      {state.problem ? (
        <p className="small soft">
          {t('command.problem', { message: state.problem.message, code: state.problem.code })}
        </p>
      ) : null}
      {!isWell && read.data ? <EditDevice device={read.data} label={t('contact.fix')} icon={IconKey} /> : null}
    </li>
  );
}

function reachabilityOf(device: Device) {
  return capabilities.reachability.state.partial().safeParse(device.reported['reachability']?.state).data;
}

function isUp(device: Device | undefined): boolean {
  return device !== undefined && reachabilityOf(device)?.status === 'up';
}
