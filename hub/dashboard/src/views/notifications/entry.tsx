import { Link } from '@tanstack/react-router';
import type { NotificationView } from '../../../../../protocols/api/operation/notifications.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { formatDuration } from '../../ui/format.ts';
import './notifications.css';

type Item = NotificationView['items'][number];

const severityNames = {
  critical: 'notify.severity.critical',
  major: 'notify.severity.major',
  minor: 'notify.severity.minor',
  notice: 'notify.severity.notice',
} as const satisfies Readonly<Record<NotificationView['severity'], TextKey>>;

/** One entry behind the bell: what, where, since when; a digest lists its worst on demand. */
export function Entry({ entry }: { readonly entry: NotificationView }) {
  const { t } = useText();
  const [only] = entry.items;
  const tone = entry.kind === 'closing' ? 'ok' : entry.severity;
  return (
    <article className="told" data-tone={tone} data-unread={!entry.read || undefined}>
      <div className="told-head">
        <Head entry={entry} />
        <Age at={entry.updatedAt} />
        {entry.read ? null : <span className="visually-hidden">{t('bell.unread')}</span>}
      </div>
      {entry.kind === 'digest' ? <DigestItems entry={entry} /> : null}
      {entry.kind !== 'digest' && only ? <Single item={only} /> : null}
      <Word entry={entry} />
    </article>
  );
}

function Head({ entry }: { readonly entry: NotificationView }) {
  const { t, pick } = useText();
  const { counts } = entry;
  const [only] = entry.items;
  if (entry.words) return <strong>{pick(entry.words.title)}</strong>;
  if (entry.kind === 'digest') {
    const opened = counts.opening + counts.update;
    return (
      <strong>
        {opened > 0 ? t('bell.digest.open', { count: opened }) : null}
        {opened > 0 && counts.closing > 0 ? ' · ' : null}
        {counts.closing > 0 ? t('bell.digest.over', { count: counts.closing }) : null}
      </strong>
    );
  }
  if (!only) return null;
  return (
    <Link to="/causes/$cause" params={{ cause: only.cause }} className="told-title">
      {pick(only.title)}
    </Link>
  );
}

function Single({ item }: { readonly item: Item }) {
  const { t, language, pick } = useText();
  const seconds = item.resolvedAt ? (Date.parse(item.resolvedAt) - Date.parse(item.openedAt)) / 1000 : undefined;
  return (
    <>
      <div>
        <span className="told-mark">{markOf(item, t)}</span> {item.place}
        {item.about === undefined ? null : <>, {item.about}</>}
      </div>
      <div className="soft small">
        {seconds === undefined ? null : t('bell.lasted', { duration: formatDuration(seconds, language) })}
        {seconds === undefined && item.affected > 1 ? <>{t('bell.devices', { count: item.affected })}. </> : null}
        {seconds === undefined && item.next ? pick(item.next) : null}
      </div>
    </>
  );
}

function markOf(item: Item, t: ReturnType<typeof useText>['t']): string {
  if (item.what === 'closing') return t('bell.over');
  return item.what === 'update' ? t('bell.grows') : t(severityNames[item.severity]);
}

function DigestItems({ entry }: { readonly entry: NotificationView }) {
  const { t, pick } = useText();
  const { counts, items } = entry;
  const rest = counts.opening + counts.update + counts.closing - items.length;
  return (
    <details>
      <summary>{t('bell.digest.list')}</summary>
      <ul className="told-list">
        {items.map((item) => (
          <li key={`${item.cause} ${item.what}`}>
            <span className="told-mark">{markOf(item, t)}</span>{' '}
            <Link to="/causes/$cause" params={{ cause: item.cause }}>
              {pick(item.title)}
            </Link>
            , {item.place}
          </li>
        ))}
      </ul>
      {rest > 0 ? <p className="soft small">{t('bell.digest.more', { count: rest })}</p> : null}
    </details>
  );
}

function Word({ entry }: { readonly entry: NotificationView }) {
  const { pick } = useText();
  return entry.words ? <p>{pick(entry.words.text)}</p> : null;
}
