/** Topic names and filters of MQTT 3.1.1, section 4.7, within the bounds that this agent sets. */

/** Far above what devices use, far below the 65,535 bytes that MQTT allows. */
const maxTopicLength = 512;
export const maxTopicLevels = 20;

/** Whether a message may carry this topic: no wildcard, no control character, none of the broker's own `$` topics. */
export function isTopicName(text: string): boolean {
  return isTopic(text) && !/[+#]/.test(text);
}

/** Whether this is a filter: `#` stands last and alone in its level, `+` alone in its level (4.7.1). */
export function isTopicFilter(text: string): boolean {
  if (!isTopic(text)) return false;
  const levels = text.split('/');
  return levels.every((level, index) => {
    if (level.includes('#')) return level === '#' && index === levels.length - 1;
    return !level.includes('+') || level === '+';
  });
}

/** Whether `filter` selects `topic`. */
export function matchesTopic(filter: string, topic: string): boolean {
  return coversFilter(filter, topic);
}

/** Whether every topic that `asked` selects is also selected by `granted`. */
export function coversFilter(granted: string, asked: string): boolean {
  const [mine, theirs] = [granted.split('/'), asked.split('/')];
  for (const [index, level] of mine.entries()) {
    // `a/#` selects `a` too (4.7.1.2).
    if (level === '#') return true;
    const other = theirs[index];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return theirs.length === mine.length;
}

function isTopic(text: string): boolean {
  if (text.length === 0 || text.length > maxTopicLength || text.startsWith('$')) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: MQTT-1.5.3-2 forbids U+0000 and lets a receiver refuse the others.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return false;
  return text.split('/').length <= maxTopicLevels;
}
