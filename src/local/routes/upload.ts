import type { UploadLink } from '../../api/types.ts';
import { ApiError, empty, json, type Reply } from '../http.ts';
import type { Route } from '../router.ts';

/** Whether the service has the content, and where to send it. The link is given in either case. */
export const uploadLink: Route = {
  method: 'GET',
  path: '/templates/{templateID}/files/{hash}',
  handle(call, { store, files, uploadUrl }) {
    const templateId = call.param('templateID');
    if (!store.template(templateId)) throw new ApiError(404, `Template '${templateId}' not found`);
    const hash = call.param('hash');
    const link: UploadLink = {
      present: files.get(hash) !== undefined,
      url: uploadUrl(files.issueLink(hash)),
    };
    return json(201, link);
  },
};

/** The path for uploads. The real service has a separate store there, with other errors. */
export const UPLOAD_PATH = '/_uploads/';

export const uploadArchive: Route = {
  method: 'PUT',
  path: `${UPLOAD_PATH}{token}`,
  open: true,
  async handle(call, { files }) {
    const hash = files.hashOf(call.param('token'));
    if (hash === undefined) return storeError(403, 'AccessDenied', 'Request has expired');
    if (call.headers.authorization !== undefined) {
      return storeError(400, 'InvalidArgument', 'Only one auth mechanism allowed');
    }
    if (call.headers['content-length'] === undefined) {
      return storeError(
        501,
        'NotImplemented',
        'A header you provided implies functionality that is not implemented',
      );
    }
    await files.receive(hash, call.incoming);
    return empty(200);
  },
};

function storeError(status: number, code: string, message: string): Reply {
  return {
    status,
    // The body was not read, so the connection cannot serve another request.
    headers: { 'content-type': 'application/xml', connection: 'close' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  };
}
