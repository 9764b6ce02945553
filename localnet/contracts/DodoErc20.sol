// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title DodoErc20
/// @notice Twin of DODOEX/contractV2 `lib/SafeERC20.sol`.
/// @dev Reproduces: tokens that return nothing are accepted, a token's own reason is lost
/// (`SafeERC20: low-level call failed`), a token that returns false is refused
/// (`SafeERC20: ERC20 operation did not succeed`), and an address without code counts as success; an allowance is not
/// changed from one amount to another (`SafeERC20: approve from non-zero to non-zero allowance`). Leaves out: nothing.
library DodoErc20 {
    function pay(address token, address to, uint256 amount) internal {
        _call(token, abi.encodeWithSignature("transfer(address,uint256)", to, amount));
    }

    function take(address token, address from, address to, uint256 amount) internal {
        _call(token, abi.encodeWithSignature("transferFrom(address,address,uint256)", from, to, amount));
    }

    function approve(address token, address spender, uint256 amount) internal {
        require(
            amount == 0 || IERC20(token).allowance(address(this), spender) == 0,
            "SafeERC20: approve from non-zero to non-zero allowance"
        );
        _call(token, abi.encodeCall(IERC20.approve, (spender, amount)));
    }

    function _call(address token, bytes memory data) private {
        (bool success, bytes memory returned) = token.call(data);
        require(success, "SafeERC20: low-level call failed");
        if (returned.length > 0) {
            require(abi.decode(returned, (bool)), "SafeERC20: ERC20 operation did not succeed");
        }
    }
}
