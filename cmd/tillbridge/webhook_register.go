// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/klarna"
)

func webhookCommand(std streams) *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "register --config FILE --url https://…",
		Short: "Make signing key and webhook at Klarna",
		Long: `Make a signing key and a webhook at Klarna. The key is appended to klarna.webhook.signing_keys_file, which a
running daemon reads again by itself. The address must lead to klarna.webhook.listen.`,
		Args: func(*cobra.Command, []string) error {
			if address == "" {
				return nil // told by needs
			}
			_, err := config.ParseWebhookURL(address)
			return err
		},
	}
	c.Flags().StringVar(&address, "url", "", "where Klarna reports to: https://, public, port 443 or 8443")
	register := staffCommand(std, c, []string{"url"}, func(ctx context.Context, cfg config.Config) error {
		return registerWebhook(ctx, std, cfg, address)
	})
	return group("webhook", "Klarna's notifications", register)
}

// registerWebhook keeps the key before Klarna begins to use it: a secret is shown once, and an event
// whose key is not known here is lost.
func registerWebhook(ctx context.Context, std streams, cfg config.Config, address string) error {
	file := cfg.Klarna.Webhook.SigningKeysFile
	if file == "" {
		return errors.New("klarna.webhook.signing_keys_file is not set: there is no place for the key")
	}
	client, _, err := newKlarna(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer client.Close()
	if err = notRegistered(ctx, client, address); err != nil {
		return err
	}
	key, err := client.CreateSigningKey(ctx, rand.Text())
	if err != nil {
		return err
	}
	if err = appendSigningKey(file, key); err != nil {
		return fmt.Errorf("signing key %s was made at Klarna, but is lost: %w", key.ID, err)
	}
	hook, err := client.CreateWebhook(ctx, rand.Text(), address, key.ID)
	if err != nil {
		return fmt.Errorf("signing key %s was made and kept, the webhook was not made: %w", key.ID, err)
	}
	_, err = fmt.Fprintf(std.out, "webhook %s for %s, signing key %s in %s\n", plain(hook.ID), address, plain(key.ID), file)
	return err
}

// notRegistered: a second webhook for one address would double every event.
func notRegistered(ctx context.Context, client *klarna.Client, address string) error {
	all, err := client.Webhooks(ctx)
	if err != nil {
		return err
	}
	for _, hook := range all {
		if hook.URL == address {
			return fmt.Errorf("webhook %s for %s exists already, with signing key %s; nothing was changed",
				plain(hook.ID), address, plain(hook.SigningKeyID))
		}
	}
	return nil
}

// appendSigningKey puts a new file in the old one's place at once: a reader finds the keys of before or
// all of them.
func appendSigningKey(file string, key klarna.SigningKey) error {
	if _, err := config.ReadSigningKeys(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("signing keys: %w", err)
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(text, '\n')
	}
	text = fmt.Appendf(text, "%s %s\n", key.ID, key.Secret.Reveal())
	if err := replaceFile(file, text); err != nil {
		return fmt.Errorf("signing keys: %w", err)
	}
	return nil
}

// replaceFile writes a file that only its owner can read, and makes it durable.
func replaceFile(file string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes a new name durable, where the system can.
func syncFolder(folder string) error {
	f, err := os.Open(folder) //nolint:gosec // the folder of a file that the operator names
	if err != nil {
		return err
	}
	_ = f.Sync() // Windows refuses, and does not need it
	return f.Close()
}
