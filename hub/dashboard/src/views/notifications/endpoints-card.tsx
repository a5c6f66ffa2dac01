import { Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { EndpointView } from '../../../../../protocols/api/operation/notification-channels.ts';
import { notificationsApi } from '../../data/notifications-api.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { endpointsQuery } from './queries.ts';
import { fromNames } from './subscription-form.tsx';
import { TestOutcome } from './test-outcome.tsx';

/** Where other software is told. */
export function EndpointsCard() {
  const { t } = useText();
  const read = useQuery(endpointsQuery);
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const close = () => {
    setAdding(false);
    setSecret(undefined);
  };
  return (
    <section className="card stack">
      <div className="card-head">
        <h2>{t('hooks.title')}</h2>
        <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setAdding(true)}>
          {t('hooks.add')}
        </Button>
      </div>
      <p className="soft">{t('hooks.about')}</p>
      <Answer read={read} what={t('hooks.what')} height={6}>
        {({ rows }) => (
          <ul className="told-rows">
            {rows.length === 0 ? <li>{t('hooks.none')}</li> : null}
            {rows.map((endpoint) => (
              <EndpointLine key={endpoint.id} endpoint={endpoint} onSecret={setSecret} />
            ))}
          </ul>
        )}
      </Answer>
      <Modal
        opened={isAdding || secret !== undefined}
        onClose={close}
        closeOnClickOutside={false}
        title={t(secret === undefined ? 'hooks.add' : 'hooks.secret')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {secret === undefined ? (
          <EndpointForm onSecret={setSecret} onCancel={close} />
        ) : (
          <div className="stack">
            <p>{t('hooks.secret.once')}</p>
            <TextInput readOnly label={t('hooks.secret')} value={secret} />
            <Group justify="flex-end">
              <CopyButton text={secret} />
              <Button onClick={close}>{t('word.close')}</Button>
            </Group>
          </div>
        )}
      </Modal>
    </section>
  );
}

function EndpointLine({
  endpoint,
  onSecret,
}: {
  readonly endpoint: EndpointView;
  readonly onSecret: (secret: string) => void;
}) {
  const { t } = useText();
  const client = useQueryClient();
  const { id, enabled } = endpoint;
  const onSuccess = () => client.invalidateQueries(endpointsQuery);
  const test = useMutation({ mutationFn: () => notificationsApi.testEndpoint(id), onSuccess });
  const turn = useMutation({ mutationFn: () => notificationsApi.updateEndpoint(id, { enabled: !enabled }), onSuccess });
  const renew = useMutation({
    mutationFn: () => notificationsApi.renewSecret(id),
    onSuccess: (made) => onSecret(made.secret),
  });
  const remove = useMutation({ mutationFn: () => notificationsApi.removeEndpoint(id), onSuccess });
  return (
    <li>
      <strong>{endpoint.name}</strong>
      <div className="code small">{endpoint.url}</div>
      <div>
        {endpoint.unit.name}. {t(fromNames[endpoint.severity])}
      </div>
      <Standing endpoint={endpoint} />
      <TestOutcome result={test.data} />
      <ProblemLine error={test.error ?? turn.error ?? renew.error ?? remove.error} />
      <div className="told-actions">
        <Button variant="default" size="sm" loading={test.isPending} onClick={() => test.mutate()}>
          {t('hooks.test')}
        </Button>
        <Button variant="default" size="sm" loading={turn.isPending} onClick={() => turn.mutate()}>
          {t(enabled ? 'hooks.off' : 'hooks.on')}
        </Button>
        <Button variant="default" size="sm" loading={renew.isPending} onClick={() => renew.mutate()}>
          {t('hooks.renew')}
        </Button>
        <Button variant="default" size="sm" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t('hooks.remove')}
        </Button>
      </div>
    </li>
  );
}

function Standing({ endpoint }: { readonly endpoint: EndpointView }) {
  const { t } = useText();
  const { enabled, disabledWhy, failingSince, lastSuccessAt } = endpoint;
  return (
    <div className="soft small">
      {enabled ? null : (
        <div>
          {t('hooks.isOff')}. {disabledWhy}
        </div>
      )}
      {failingSince === undefined ? null : (
        <div>
          {t('hooks.failing')} <Age at={failingSince} />
        </div>
      )}
      {lastSuccessAt === undefined ? null : (
        <div>
          {t('hooks.last')} <Age at={lastSuccessAt} />
        </div>
      )}
    </div>
  );
}

function EndpointForm({
  onSecret,
  onCancel,
}: {
  readonly onSecret: (secret: string) => void;
  readonly onCancel: () => void;
}) {
  const { t } = useText();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [url, setUrl] = useState('https://');
  const [unit, setUnit] = useState<number>();
  const [severity, setSeverity] = useState<EndpointView['severity']>('minor');
  const [isTried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: (body: Parameters<typeof notificationsApi.createEndpoint>[0]) => notificationsApi.createEndpoint(body),
    onSuccess: async (made) => {
      await client.invalidateQueries(endpointsQuery);
      onSecret(made.secret);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== '' && unit !== undefined) create.mutate({ name, url, unit, severity });
  };
  const missing = (isMissing: boolean) => (isTried && isMissing ? t('units.add.required') : undefined);
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <TextInput
        data-autofocus
        label={t('hooks.name')}
        value={name}
        maxLength={80}
        error={missing(name.trim() === '')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={t('hooks.url')}
        type="url"
        value={url}
        maxLength={500}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <UnitPicker
        label={t('hooks.unit')}
        required
        value={unit}
        error={missing(unit === undefined)}
        onChange={setUnit}
      />
      <Select
        label={t('notify.severity')}
        data={(['critical', 'major', 'minor', 'notice'] as const).map((value) => ({
          value,
          label: t(fromNames[value]),
        }))}
        value={severity}
        allowDeselect={false}
        onChange={(value) => setSeverity((value ?? 'minor') as EndpointView['severity'])}
      />
      <ProblemLine error={create.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {t('word.cancel')}
        </Button>
        <Button type="submit" loading={create.isPending}>
          {t('word.save')}
        </Button>
      </Group>
    </form>
  );
}
