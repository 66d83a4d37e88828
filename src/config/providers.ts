/** Injection tokens of what the process is given at its start. */
export const API_CONFIG = Symbol('API_CONFIG');
export const DISPATCH = Symbol('DISPATCH');
export const ASSIGNMENT_CLIENT = Symbol('ASSIGNMENT_CLIENT');
export const WORKFLOW_LINK = Symbol('WORKFLOW_LINK');
export const PAYLOAD_CODEC = Symbol('PAYLOAD_CODEC');
export const LOGGER = Symbol('LOGGER');
