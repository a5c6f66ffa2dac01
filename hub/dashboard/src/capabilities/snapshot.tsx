import { Button, Modal, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCamera } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../data/api.ts';
import { commandQuery } from '../data/queries.ts';
import { useOperation } from '../state/operate.ts';
import { useMay } from '../state/session.ts';
import { useText } from '../text/use-text.ts';
import { Moment, Until } from '../ui/age.tsx';
import { Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

/** A command that was given here, and why: reading its picture states the same purpose. */
interface Taken {
  readonly command: string;
  readonly purpose: string;
}

/** Pictures are taken only here, only when a person asks and says why. */
export function SnapshotWidget({ state, device }: WidgetProps<'snapshot'>) {
  const { t } = useText();
  const mayView = useMay('view-picture');
  const { can, send, sending } = useOperation();
  const [asking, { open, close }] = useDisclosure(false);
  const [taken, setTaken] = useState<Taken>();
  if (!mayView || !can('snapshot', 'take')) return <p className="soft">{t('snapshot.none')}</p>;
  const take = (purpose: string) => {
    close();
    send({ capability: 'snapshot', name: 'take', purpose }, (command) => setTaken({ command, purpose }));
  };
  return (
    <>
      {taken === undefined ? (
        <p className="soft">{t('snapshot.none')}</p>
      ) : (
        <TakenPicture taken={taken} device={device.name} onHide={() => setTaken(undefined)} />
      )}
      {state.available === false ? <p>{t('snapshot.unavailable')}</p> : null}
      <Button
        variant="default"
        leftSection={<IconCamera size={18} aria-hidden />}
        loading={sending}
        disabled={state.available === false}
        onClick={open}
      >
        {t('snapshot.ask')}
      </Button>
      <Modal
        opened={asking}
        onClose={close}
        title={t('snapshot.ask')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <PurposeForm onTake={take} />
      </Modal>
    </>
  );
}

function PurposeForm({ onTake }: { readonly onTake: (purpose: string) => void }) {
  const { t } = useText();
  const [purpose, setPurpose] = useState('');
  const [short, setShort] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const words = purpose.trim();
    if (words.length < 3) setShort(true);
    else onTake(words);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <p>{t('snapshot.ask.text')}</p>
      <Textarea
        data-autofocus
        label={t('snapshot.purpose')}
        placeholder={t('snapshot.purpose.example')}
        value={purpose}
        maxLength={300}
        autosize
        minRows={2}
        error={short ? t('snapshot.purpose.short') : undefined}
        onChange={(event) => setPurpose(event.currentTarget.value)}
      />
      <Button type="submit">{t('snapshot.take')}</Button>
    </form>
  );
}

interface TakenPictureProps {
  readonly taken: Taken;
  readonly device: string;
  readonly onHide: () => void;
}

function TakenPicture({ taken, device, onHide }: TakenPictureProps) {
  const { t } = useText();
  const read = useQuery(commandQuery(taken.command));
  if (!read.data?.picture) return null;
  return (
    <div className="stack">
      <Picture taken={taken} device={device} />
      <Facts
        rows={[
          [t('snapshot.taken'), <Moment key="taken" at={read.data.picture.takenAt} />],
          [t('snapshot.expires'), <Until key="expires" at={read.data.picture.expiresAt} />],
        ]}
      />
      <Button variant="subtle" onClick={onHide}>
        {t('snapshot.hide')}
      </Button>
    </div>
  );
}

function Picture({ taken, device }: { readonly taken: Taken; readonly device: string }) {
  const { t } = useText();
  const [gone, setGone] = useState(false);
  if (gone) return <p role="alert">{t('snapshot.gone')}</p>;
  return (
    <img
      className="picture"
      src={api.pictureAddress(taken.command, taken.purpose)}
      alt={t('snapshot.alt', { device })}
      onError={() => setGone(true)}
    />
  );
}
