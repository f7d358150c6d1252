// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"slices"
	"strings"
	"time"
)

// setting is one key of the file.
type setting struct {
	key      string // from the top of the file or of the lane: till.protocol
	fallback string // its text when nobody says; a list's elements with commas between
	applies  applies
	value
}

// applies is when a change of a setting is felt.
type applies bool

const (
	atOnce    applies = true
	onRestart applies = false
)

// settings is every key outside lists, bound to the fields of c. It is the one place that names
// a key and its default.
func (c *Config) settings(f files) []setting {
	own := []setting{
		{"version", "", onRestart, must(oneOf(&c.Version, 1))},
		{"data_dir", f.dataDir(), onRestart, must(f.folder(&c.DataDir))},
		{"deadlines.waiting", "5m", atOnce, span(&c.Deadlines.Waiting, 30*time.Second, 15*time.Minute)},
		{"deadlines.scanned", "10m", atOnce, span(&c.Deadlines.Scanned, 30*time.Second, 25*time.Minute)},
		{"deadlines.till_grace", "20s", atOnce, span(&c.Deadlines.TillGrace, 5*time.Second, 2*time.Minute)},
		{"undelivered.after", "10m", atOnce, span(&c.Undelivered.After, time.Minute, day)},
		// Tills may ask for a sale by its id for 90 days.
		{"retention", "400d", onRestart, span(&c.Retention, 90*day, 3660*day)},
		{"max_amount", "10000.00", onRestart, amount(&c.MaxAmount)},
		{"store.reference", "", onRestart, words(&c.Store.Reference, maxText)},
		{"store.id", "", onRestart, words(&c.Store.ID, maxText)},
	}
	return slices.Concat(own, c.HTTP.settings(f), c.Klarna.settings(f), c.Receipts.settings(), c.DayEnd.settings(), c.Settlement.settings())
}

func (h *HTTP) settings(f files) []setting {
	return []setting{
		{"http.listen", "127.0.0.1:8580", onRestart, hostPort(&h.Listen)},
		{"http.hosts", "", onRestart, each(&h.Hosts, 16, "a host name such as till.example or till.example:8580", hostName)},
		{"http.allowed_origins", "", onRestart, each(&h.AllowedOrigins, 16, "an origin such as https://shop.example, without a path", webOrigin)},
		{"http.tls_cert_file", "", onRestart, f.plain(&h.TLSCertFile)},
		{"http.tls_key_file", "", onRestart, f.guarded(&h.TLSKeyFile)},
		{"http.allow_plain_lan", "false", onRestart, yesNo(&h.AllowPlainLAN)},
	}
}

func (k *Klarna) settings(f files) []setting {
	return []setting{
		{"klarna.environment", string(Sandbox), onRestart, choice(&k.Environment, Sandbox, Test, Live)},
		{"klarna.sandbox_listen", "127.0.0.1:8590", onRestart, hostPort(&k.SandboxListen)},
		{"klarna.base_url", "", onRestart, baseURL(&k.BaseURL)},
		{"klarna.account_id", "", onRestart, shaped(&k.AccountID, `krn:[A-Za-z0-9:_-]{1,200}`, "Klarna's account id, which begins with krn:", strings.TrimSpace)},
		{"klarna.api_key_file", "", onRestart, f.secret(&k.APIKeyFile, &k.APIKey)},
		{"klarna.auth_encoding", string(AuthAsIs), onRestart, choice(&k.AuthEncoding, AuthAsIs, AuthBase64, AuthUserPassBase64)},
		{"klarna.dialect", string(DialectNetwork), onRestart, choice(&k.Dialect, DialectNetwork, DialectInterop)},
		{"klarna.location_placement", string(LocationStepUpConfig), onRestart, choice(&k.LocationPlacement, LocationStepUpConfig, LocationTopLevel, LocationOff)},
		{"klarna.force_step_up", "false", onRestart, yesNo(&k.ForceStepUp)},
		{"klarna.client_cert_file", "", onRestart, f.plain(&k.ClientCertFile)},
		{"klarna.client_key_file", "", onRestart, f.guarded(&k.ClientKeyFile)},
		{"klarna.proxy", "", onRestart, proxyURL(&k.Proxy)},
		{"klarna.capture", string(CaptureOnDelivery), onRestart, choice(&k.Capture, CaptureOnDelivery, CaptureNow)},
		{"klarna.order_management", string(OrdersOff), onRestart, choice(&k.OrderManagement, OrdersOff, OrdersEurope, OrdersNorthAmerica, OrdersOceania)},
		{"klarna.webhook.listen", "127.0.0.1:8581", onRestart, hostPort(&k.Webhook.Listen)},
		{"klarna.webhook.signing_keys_file", "", onRestart, f.signingKeys(&k.Webhook.SigningKeysFile)},
	}
}

// settings is every key of one lane.
func (l *Lane) settings(f files) []setting {
	own := []setting{
		{"id", "", onRestart, must(shaped(&l.ID, `[a-z0-9-]{1,32}`, "1 to 32 of a-z, 0-9 and -", laneID))},
		{"terminal_reference", "", onRestart, must(words(&l.TerminalReference, maxText))},
		{"currency", "", onRestart, must(shaped(&l.Currency, `[A-Z]{3}`, "a currency of three capital letters such as EUR", strings.ToUpper))},
	}
	return slices.Concat(own, l.Till.settings(f), l.Till.ZVT.settings(), l.Display.settings(f))
}

func (t *Till) settings(f files) []setting {
	return []setting{
		{"till.protocol", "", onRestart, must(choice(&t.Protocol, ProtocolNative, ProtocolZVT))},
		{"till.listen", "", onRestart, listen(&t.Listen)},
		{"till.ack", string(AckConfirm), onRestart, choice(&t.Ack, AckConfirm, AckOnWrite)},
		{"till.token_file", "", onRestart, f.secret(&t.TokenFile, &t.Token)},
	}
}

// settings is what stands beside the till's other keys when its protocol is zvt.
func (z *ZVT) settings() []setting {
	return []setting{
		{"till.terminal_id", "00000001", onRestart, shaped(&z.TerminalID, `[0-9]{8}`, "8 digits", nil)},
		{"till.password", "", onRestart, hidden(&z.Password, `[0-9]{6}`, "6 digits, or nothing to accept every password")},
		{"till.card_type", "120", onRestart, number(&z.CardType, 0, 255)},
		{"till.receipt_language", "de", atOnce, parsed(&z.ReceiptLanguage, languageExpected, language)},
		{"till.deadline_without_status", "150s", atOnce, span(&z.DeadlineWithoutStatus, 30*time.Second, 15*time.Minute)},
		{"till.repeat", string(RepeatAsk), onRestart, choice(&z.Repeat, RepeatAsk, RepeatAttach, RepeatNew)},
	}
}

func (d *Display) settings(f files) []setting {
	return []setting{
		{"display.required", "false", onRestart, yesNo(&d.Required)},
		{"display.may_cancel", "true", atOnce, yesNo(&d.MayCancel)},
		{"display.languages", "de, en", atOnce, each(&d.Languages, 16, languageExpected, language)},
		{"display.distance_mm", "500", atOnce, number(&d.DistanceMM, 200, 5000)},
		{"display.name", "", atOnce, words(&d.Name, 40)},
		{"display.logo_file", "", atOnce, f.logo(&d.LogoFile)},
		{"display.sound", string(SoundOff), atOnce, choice(&d.Sound, SoundOff, SoundOn)},
		{"display.volume", "50", atOnce, number(&d.Volume, 0, 100)},
		{"display.dark", "", atOnce, hours(&d.Dark)},
		{"display.colours.background", "", atOnce, colour(&d.Colours.Background)},
		{"display.colours.text", "", atOnce, colour(&d.Colours.Text)},
		{"display.colours.accent", "", atOnce, colour(&d.Colours.Accent)},
	}
}

const languageExpected = "a language of two small letters such as de"

func colour(field *string) value {
	return shaped(field, `#[0-9a-fA-F]{6}`, `a colour such as "#ffb3c7"`, func(text string) string { return "#" + text })
}

// variable is the environment variable that overrides a key outside lists.
func variable(key string) string {
	return "TILLBRIDGE_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}
