import type { components } from 'novita-sandbox';

export interface BuildRef {
  readonly templateId: string;
  readonly buildId: string;
}

/** A build that another job registered. */
export interface AwaitedBuild {
  readonly templateId: string;
  readonly buildId: string;
  /** Milliseconds since the epoch by the service's clock, if it gave them. */
  readonly createdAt?: number;
}

/** A tag and the builds that it was on before and after; absent when there was none. */
export interface TagChange {
  readonly tag: string;
  readonly before?: string;
  readonly after?: string;
}

type Schemas = components['schemas'];

/** `waiting` → `building` → `ready` | `error`; the last two are final. */
export type BuildStatusName = Schemas['TemplateBuildStatus'];
export type LogLevel = Schemas['LogLevel'];
/** One line of the build log. `timestamp` is RFC 3339; `step` is `base`, a step number as text, `finalize`, … */
export type LogEntry = Schemas['BuildLogEntry'];
export type BuildStatusReason = Schemas['BuildStatusReason'];
/** Response of the status endpoint: state plus at most 100 log entries from an offset on. */
export type BuildStatus = Schemas['TemplateBuildInfo'];
/** Response to `POST /v3/templates`. */
export type Registration = Schemas['TemplateRequestResponseV3'];
export type RegistrationRequest = Schemas['TemplateBuildRequestV3'];
/** Response of the upload-link endpoint. `url` may be there even when `present` is true. */
export type UploadLink = Schemas['TemplateBuildFileUpload'];
/** A template with some of its builds, newest first, and the token of the next page where there is one. */
export type TemplatePage = Schemas['TemplateWithBuilds'] & { readonly nextPage?: string };
/** A build as its template lists it. */
export type ListedBuild = Schemas['TemplateBuild'];
export type TemplateTag = Schemas['TemplateTag'];
export type AssignedTags = Schemas['AssignedTemplateTags'];
/** One instruction as it goes over the wire: upper-case type, arguments in order. */
export type Instruction = Schemas['TemplateStep'];

/**
 * Registry credentials in their wire form. The first three kinds are in the published schema; the SDK
 * sends `oci` and `huawei` too.
 */
export type ImageRegistry = Schemas['FromImageRegistry'] | { type: 'oci' | 'huawei'; [key: string]: string };

/**
 * Body of the start call: the whole recipe. `preBootScript` is what `setPatchCmd` sends and is missing in
 * the published schema.
 */
export type RecipeBody = Omit<Schemas['TemplateBuildStartV2'], 'fromImageRegistry' | 'steps'> & {
  steps: Instruction[];
  fromImageRegistry?: ImageRegistry;
  preBootScript?: string;
};
