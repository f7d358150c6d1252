// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

// Package klarna is a client for Klarna's Payment Authorize API, version 2, as a till in a shop needs
// it: authorize with a QR code step-up, finalize, capture, void, refund, read, cancel; and the
// receiving end of Klarna's webhooks.
//
// A state-changing call has two phases. Account prepares a Write, or Orders does for a direct partner
// whose captures, refunds and voids Order Management v1 takes; that is pure and deterministic and
// holds the exact bytes; Client.Send sends exactly those bytes, once. Between the two the caller makes
// the Write durable, and after a crash it sends the stored one again. Send answers with an Outcome, a
// closed set that keeps three things apart that must never be mixed up: Klarna said so (Approved,
// StepUp, Declined, Done, Refused), nobody knows (Unclear, Busy), and nothing happened (NotSent).
//
// The package decides nothing about money. It does not repeat a call, does not compare amounts, keeps
// no payment, and treats a webhook as a hint to look, never as a fact.
//
// Account is a value. All methods of Client and Webhook may be called concurrently.
package klarna
