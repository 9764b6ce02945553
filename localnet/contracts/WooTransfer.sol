// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title WooTransfer
/// @notice Token and ETH transfers as the WOOFi contracts make them: the token's own reason is dropped for a code, and
/// a token without code passes.
library WooTransfer {
    /// @notice Moves `amount` of `token` from `from` to `to`, or reverts `STF`.
    function pull(address token, address from, address to, uint256 amount) internal {
        require(_send(token, abi.encodeCall(IERC20.transferFrom, (from, to, amount))), "STF");
    }

    /// @notice Moves `amount` of `token` to `to`, or reverts `ST`.
    function push(address token, address to, uint256 amount) internal {
        require(_send(token, abi.encodeCall(IERC20.transfer, (to, amount))), "ST");
    }

    /// @notice Moves `amount` wei to `to`, or reverts `STE`.
    function pushEth(address to, uint256 amount) internal {
        (bool success, ) = to.call{ value: amount }("");
        require(success, "STE");
    }

    function _send(address token, bytes memory message) private returns (bool) {
        (bool success, bytes memory answer) = token.call(message);
        return success && (answer.length == 0 || abi.decode(answer, (bool)));
    }
}
