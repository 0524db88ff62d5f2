/* SPDX-License-Identifier: ISC
 *
 * Names and texts of errors, from the one list in mnet/err.h: a number is looked up by a switch, so
 * that gaps in the list would do no harm. */
#include <mnet/err.h>

#define TEXT_CASE(name, value, text)                                                               \
    case value:                                                                                    \
        return text;
#define NAME_CASE(name, value, text)                                                               \
    case value:                                                                                    \
        return #name;

const char *mnet_err_text(mnet_err err)
{
    switch (err) {
    case MNET_OK:
        return "ok";
        MNET_ERR_MAP(TEXT_CASE)
    default:
        return "unknown error";
    }
}

const char *mnet_err_name(mnet_err err)
{
    switch (err) {
    case MNET_OK:
        return "OK";
        MNET_ERR_MAP(NAME_CASE)
    default:
        return "UNKNOWN";
    }
}
