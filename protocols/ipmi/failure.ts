/**
 * Why `ipmitool` did not get an answer: `authentication` the controller refuses user or password, or the privilege;
 * `no-answer` nobody answers; `busy` it has no session free; `unsupported` it does not know the question or the cipher
 * suite; `other` something else.
 */
export type IpmiFailure = 'authentication' | 'no-answer' | 'busy' | 'unsupported' | 'other';

const signs: readonly (readonly [RegExp, IpmiFailure])[] = [
  // Codes of IPMI 2.0 table 13-15 come before what they lead to.
  [/insufficient resources/i, 'busy'],
  [/node busy|out of space|duplicated request/i, 'busy'],
  [/invalid (authentication|integrity|confidentiality) algorithm|no cipher suite match/i, 'unsupported'],
  [
    /rakp \d (message )?(hmac|.*integrity check value) is invalid|unauthorized (name|role)|invalid (user ?name|role)/i,
    'authentication',
  ],
  [/rakp 2 message indicates an error/i, 'authentication'],
  [/activate session command failed|insufficient privilege|password .*(invalid|required)/i, 'authentication'],
  [/username is too long|password is longer/i, 'authentication'],
  [/get auth capabilities|get channel authentication capabilities|no response|timeout|timed out/i, 'no-answer'],
  [/invalid command|command not supported|illegal command|not present/i, 'unsupported'],
  [/unable to establish/i, 'no-answer'],
];

/** Reads what `ipmitool` wrote to stderr; with `-v` it tells more. */
export function classifyFailure(stderr: string): IpmiFailure {
  const text = stderr.slice(0, 4_096);
  return signs.find(([sign]) => sign.test(text))?.[1] ?? 'other';
}

/** The first line that says something to a person. */
export function failureMessage(stderr: string): string {
  const lines = stderr
    .slice(0, 4_096)
    .split('\n')
    .map((line) => line.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').trim())
    .filter(
      (line) =>
        line !== '' && !/^(loading iana|running get|discovered ipmb|invalid completion code received)/i.test(line),
    );
  return (lines[0] ?? 'it gave no reason').slice(0, 200);
}
