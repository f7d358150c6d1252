// Copyright The Tillbridge Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"tillbridge/config"
	"tillbridge/payment"
)

// forgetOrder asks the daemon to erase a stored customer.
type forgetOrder struct {
	Handle string `json:"customer_token"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
}

func customerCommand(std streams) *cobra.Command {
	return group("customer", "Stored customers", customerForgetCommand(std))
}

func customerForgetCommand(std streams) *cobra.Command {
	var o forgetOrder
	c := &cobra.Command{
		Use:   "forget HANDLE --config FILE --reason TEXT",
		Short: "Erase a stored customer",
		Long: `Erase the token of a stored customer by its handle (ct_…), in the running daemon. Who did it, when and why stays
in the journal (journal export); the token does not.

It ends nothing at Klarna, where the customer ends it in the app. A charge that is under way is brought to its end.`,
		Args: func(c *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(c, args); err != nil {
				return err
			}
			o.Handle = args[0]
			return nil
		},
	}
	c.Flags().StringVar(&o.Reason, "reason", "", "why; it is journaled")
	o.By = person(std.getenv)
	return staffCommand(std, c, []string{"reason"}, func(ctx context.Context, cfg config.Config) error {
		if err := newDesk(cfg).ask(ctx, http.MethodPost, "/forget", o, nil); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.out, "%s: forgotten, recorded\n", plain(o.Handle))
		return err
	})
}

func (d *daemon) forgetCustomer(w http.ResponseWriter, r *http.Request) {
	var o forgetOrder
	if !read(w, r, &o) {
		return
	}
	if err := d.engine.Forget(r.Context(), payment.Handle(o.Handle), o.Reason, o.By); err != nil {
		reply(w, http.StatusConflict, controlError{err.Error()})
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
