// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

// Environment is which Klarna is asked.
type Environment string

// Sandbox is the simulator inside the daemon, Test is Klarna's test system, Live takes money.
const (
	Sandbox Environment = "sandbox"
	Test    Environment = "test"
	Live    Environment = "live"
)

// AuthEncoding is what follows "Basic" in the Authorization header.
type AuthEncoding string

// The key file's text as it is, its base64, or the base64 of a text that is user:password.
const (
	AuthAsIs           AuthEncoding = "as_is"
	AuthBase64         AuthEncoding = "base64"
	AuthUserPassBase64 AuthEncoding = "user_pass_base64"
)

// Dialect is which of Klarna's two sets of field and header names is spoken.
type Dialect string

// Klarna Network names, or the older interoperability names.
const (
	DialectNetwork Dialect = "network"
	DialectInterop Dialect = "interop"
)

// LocationPlacement is where store and terminal stand in an authorize request.
type LocationPlacement string

// Inside step_up_config, at the top level, or nowhere.
const (
	LocationStepUpConfig LocationPlacement = "step_up_config"
	LocationTopLevel     LocationPlacement = "top_level"
	LocationOff          LocationPlacement = "off"
)

// Capture is when an authorized payment is captured.
type Capture string

// With the till's acknowledgement, or by the authorize call itself.
const (
	CaptureOnDelivery Capture = "on_delivery"
	CaptureNow        Capture = "now"
)

// OrderManagement is where a direct partner's captures, refunds and voids go.
type OrderManagement string

// To the payment transaction, or to Order Management in Europe, North America or Oceania.
const (
	OrdersOff          OrderManagement = "off"
	OrdersEurope       OrderManagement = "eu"
	OrdersNorthAmerica OrderManagement = "na"
	OrdersOceania      OrderManagement = "oc"
)

// Protocol is the till's language.
type Protocol string

// JSON lines, or ZVT (PA00P015).
const (
	ProtocolNative Protocol = "native"
	ProtocolZVT    Protocol = "zvt"
)

// Ack is what counts as the till's acknowledgement of a result.
type Ack string

// The till's own confirmation, or that the result could be written.
const (
	AckConfirm Ack = "confirm"
	AckOnWrite Ack = "on_write"
)

// Sound is whether a lane's screens are heard.
type Sound string

// Silent, or two short tones for a success and one long one for a failure.
const (
	SoundOff Sound = "off"
	SoundOn  Sound = "on"
)

// Repeat is what a ZVT till's repeated request for an unfinished sale does.
type Repeat string

// Ask staff, attach to the running sale, or start a new one.
const (
	RepeatAsk    Repeat = "ask"
	RepeatAttach Repeat = "attach"
	RepeatNew    Repeat = "new"
)
