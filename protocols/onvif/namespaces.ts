/** Namespaces of the documents that this wire speaks, by the prefixes that ONVIF's own specifications use. */
export const namespaces = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  wsse: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd',
  wsu: 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd',
  /** WS-Addressing 1.0, used by the event service. */
  wsa: 'http://www.w3.org/2005/08/addressing',
  /** WS-Addressing of August 2004, used by WS-Discovery. */
  wsaDiscovery: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  wsd: 'http://schemas.xmlsoap.org/ws/2005/04/discovery',
  dn: 'http://www.onvif.org/ver10/network/wsdl',
  wsnt: 'http://docs.oasis-open.org/wsn/b-2',
  tds: 'http://www.onvif.org/ver10/device/wsdl',
  trt: 'http://www.onvif.org/ver10/media/wsdl',
  tr2: 'http://www.onvif.org/ver20/media/wsdl',
  tptz: 'http://www.onvif.org/ver20/ptz/wsdl',
  timg: 'http://www.onvif.org/ver20/imaging/wsdl',
  tmd: 'http://www.onvif.org/ver10/deviceIO/wsdl',
  tev: 'http://www.onvif.org/ver10/events/wsdl',
  tan: 'http://www.onvif.org/ver20/analytics/wsdl',
  tas: 'http://www.onvif.org/ver10/advancedsecurity/wsdl',
  tt: 'http://www.onvif.org/ver10/schema',
} as const;
