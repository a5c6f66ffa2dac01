import type { Texts } from './sentences.ts';

export const en: Texts = {
  steps: {
    name: 'Name',
    policy: 'Network policy',
    connect: 'Connection',
    secure: 'Encryption',
    greeting: 'Greeting',
    'sign-in': 'Sign-in',
    describe: 'Describes itself',
    poll: 'Reads states',
    close: 'Close',
  },
  status: { ok: 'ok', skipped: 'not come to', 'not-needed': 'not needed' },
  causes: {
    'name-unknown': {
      what: 'Nobody knows the address of this name.',
      remedy: 'Check the name, or use the IP address that the menu of the device shows.',
    },
    'policy-port': {
      what: 'The local configuration does not allow this port.',
      remedy: 'Add it to network.ports of the agent configuration if it is the port of the device.',
    },
    'policy-denied': {
      what: 'The local configuration forbids this address.',
      remedy: 'Take the entry out of network.deny of the agent configuration if the device may be used.',
    },
    'policy-special': {
      what: 'This name leads to this machine, to a special network or to everyone, and is not followed.',
      remedy: 'Use the real IP address of the device in the school network.',
    },
    'policy-hub': {
      what: 'This is the hub of this very agent, and no device.',
      remedy:
        'Check the address; if the device does stand there, name this very address in network.allow of the agent.',
    },
    'policy-unlisted': {
      what: 'This address is outside the networks that the agent may ask.',
      remedy: 'Check the address; if it is right, add it to network.allow of the agent configuration.',
    },
    refused: {
      what: 'A machine is there, but this port is closed.',
      remedy: 'Turn network control on in the menu of the device, or check the port and the firewall.',
    },
    unreachable: {
      what: 'There is no way to this address.',
      remedy: 'Check cable, subnet and VLAN; ping it from this very machine.',
    },
    'no-answer': {
      what: 'Nobody answers at this address.',
      remedy:
        'The device is off, unplugged, has another address, or a firewall drops it. Look at its network light and menu.',
    },
    'certificate-not-trusted': {
      what: 'The certificate of the device is not trusted by this machine.',
      remedy: 'Compare the fingerprint below with the device, then write it into pinnedCertificate of the settings.',
    },
    'certificate-mismatch': {
      what: 'The device presents another certificate than the pinned one.',
      remedy: 'Pin it anew if the device was replaced or reset; otherwise somebody may be posing as it.',
    },
    'not-secure': {
      what: 'Connected, but no encrypted channel came up.',
      remedy: 'Check that the device has its secured mode (TLS) on, and the port.',
    },
    silent: {
      what: 'The port is open, but the device says nothing.',
      remedy:
        'Another family or maker (profile), held by another machine, or stuck: power it off and on, try again in a minute.',
    },
    'silent-datagram': {
      what: 'No answer came over UDP.',
      remedy:
        'With SNMP a wrong community is as silent as a device that is off: check SNMP, community and access list.',
    },
    'half-answer': {
      what: 'The device began an answer and fell silent.',
      remedy: 'Try again; if it stays so, check the network and the firmware, then send a capture to the engineer.',
    },
    garbage: {
      what: 'Something answers, but not by the protocol of this family.',
      remedy: 'Check family and port; if both are right, send a capture to the engineer.',
    },
    'hung-up': {
      what: 'The device took the connection and closed it.',
      remedy:
        'It may serve one machine only or block this address: close other control programs, look at its allow list.',
    },
    'credentials-missing': {
      what: 'The device asks for a password, and there is none.',
      remedy: 'Run it again with --username and --password-file or --password-stdin.',
    },
    'credentials-refused': {
      what: 'The device refuses this name or password.',
      remedy: 'Check the password at the device itself. Do not try often: many devices lock the account.',
    },
    busy: {
      what: 'The device says that it is busy, mostly because another machine holds it.',
      remedy: 'Stop what holds the device (it may be the running agent), then try again.',
    },
    unavailable: {
      what: 'The device says that it cannot do this now.',
      remedy: 'Wait until it has started, warmed up or cooled down, then try again.',
    },
    unsupported: {
      what: 'The device does not know this question.',
      remedy: 'It may be of another family or older; send a capture to the engineer.',
    },
    'device-fault': {
      what: 'The device reports a fault of its own.',
      remedy: 'Read its own words below; restart it and try again.',
    },
    'address-missing': {
      what: 'This family needs an address in its settings.',
      remedy: 'Give the address, or --settings with its members.',
    },
    'program-missing': {
      what: 'This machine lacks a program that the family needs.',
      remedy: 'Install the package that is named below.',
    },
    'broker-off': {
      what: 'Devices of this family send to the broker of the agent; they cannot be asked from here.',
      remedy: 'Look at the device in the running agent, and turn the broker on in its configuration.',
    },
    'too-slow': {
      what: 'The device answered, and was then too slow to be read to the end.',
      remedy: 'Try again; if it stays so, look at the network, or the device is overloaded.',
    },
    internal: {
      what: 'A fault of this program itself.',
      remedy: 'Send a capture and the sentence below to the engineer.',
    },
  },
  detail: 'Detail',
  allAnswered: 'Every step was answered.',
  notAll: 'Not every step was answered.',
  looking: (ports) => `No family given: looking whether ports ${ports} are open…`,
  closedPort: (port, family) => `port ${port} (${family}): closed or silent`,
  openPort: (port, family) =>
    `port ${port} is open: perhaps ${family}. It is not guessed at; ask with --family ${family}`,
  openStranger: (port, families) =>
    families === ''
      ? `Port ${port} is open, but nothing is recognised. Give --family if you know what it is.`
      : `Port ${port} is open, usually ${families}, which is not asked by guess. If it is one, ask with --family.`,
  closedStranger: (port) =>
    `Port ${port} is closed or silent: check the address, the port, the cable, and whether network control is on.`,
  nobody: 'No port of any known family answers.',
  unseen: (families) => `Cannot be found in this way: ${families}. Give --family if the device is one of them.`,
  states: 'States read',
  captured: (file, bytes, keepsSerials) =>
    `Wrote ${file} (${bytes} bytes), without passwords${keepsSerials ? '; serial numbers and MACs are kept' : ', serial numbers or MACs'}.`,
  secondOpinion: 'Second opinion (node-onvif)',
  verdicts: {
    both: 'Both programs read the camera.',
    'only-second': 'Only node-onvif read it: our fault. Please send a capture to the engineer.',
    'only-ours':
      'Only the agent read the camera. Known limits of node-onvif: no HTTPS, no sign-in by HTTP digest, waits 3 s.',
    nobody: 'Neither program read it: the camera, the password or the network.',
    'not-compared': 'Not compared: node-onvif cannot ask this camera.',
  },
  limits: {
    https: 'it speaks no HTTPS',
    characters: 'it takes no name or password with < > or beyond ASCII',
    username: 'it takes no name with &',
  },
};
