import type { SoapOperation } from '../../../protocols/onvif/soap.ts';
import * as accounts from '../../../protocols/onvif/upkeep/accounts.ts';
import * as certificates from '../../../protocols/onvif/upkeep/certificates.ts';
import { hostOf } from '../../../protocols/onvif/upkeep/host.ts';
import * as network from '../../../protocols/onvif/upkeep/network.ts';
import * as system from '../../../protocols/onvif/upkeep/system.ts';
import * as time from '../../../protocols/onvif/upkeep/time.ts';

const keep = { isDaylightSaving: true, timeZone: '<ICT>-7' };

/** Every request about the upkeep of a device, with names that need care in XML. */
export const upkeepOperations = {
  getUsers: accounts.getUsers(),
  createUsers: accounts.createUsers([
    { name: 'a&b', password: '<"đ">', level: 'Operator' },
    { name: 'c', level: 'Administrator' },
  ]),
  setUser: accounts.setUser([{ name: 'a&b', password: ' x ', level: 'User' }]),
  deleteUsers: accounts.deleteUsers(['a&b', 'c']),
  getSystemTime: time.getSystemTime(),
  activateNtp: time.activateNtp(keep),
  activateNtpWithoutZone: time.activateNtp({ isDaylightSaving: false, timeZone: undefined }),
  setSystemTime: time.setSystemTime(Date.UTC(2026, 2, 2, 7, 8, 9), keep),
  getNtp: time.getNtp(),
  setNtp: time.setNtp(['192.168.1.1', 'fd00::1', 'vn.pool.ntp.org'].map(hostOf)),
  setNtpFromDhcp: time.setNtp([]),
  getHostnameSettings: network.getHostnameSettings(),
  setHostname: network.setHostname('cam-7'),
  getInterfaceAddresses: network.getInterfaceAddresses(),
  getDefaultGateways: network.getDefaultGateways(),
  getDns: network.getDns(),
  getNetworkProtocols: network.getNetworkProtocols(),
  getUpkeepCapabilities: system.getUpkeepCapabilities(),
  getOldUpkeepCapabilities: system.getOldUpkeepCapabilities(),
  getSystemLog: system.getSystemLog('system'),
  getAccessLog: system.getSystemLog('access'),
  getSystemUris: system.getSystemUris(),
  startFirmwareUpgrade: system.startFirmwareUpgrade(),
  upgradeSystemFirmware: system.upgradeSystemFirmware(),
  systemReboot: system.systemReboot(),
  getCertificates: certificates.getCertificates(),
  getCertificatesInUse: certificates.getCertificatesInUse(),
  getAllCertificates: certificates.getAllCertificates(),
  getAssignedServerPaths: certificates.getAssignedServerPaths(),
  getCertificationPath: certificates.getCertificationPath('path-1'),
  createRsaKeyPair: certificates.createRsaKeyPair(2048, 'a&b'),
  getKeyStatus: certificates.getKeyStatus('key-1'),
  createCertificateRequest: certificates.createCertificateRequest('key-1', 'cam & <7>'),
  uploadCertificate: certificates.uploadCertificate(new Uint8Array([0x30, 0x00]), 'a&b'),
  createCertificationPath: certificates.createCertificationPath(['certificate-1', 'certificate-2'], 'a&b'),
  assignServerPath: certificates.assignServerPath('path-1', undefined),
  replaceServerPath: certificates.assignServerPath('path-2', 'path-1'),
} satisfies Readonly<Record<string, SoapOperation<unknown>>>;
